from accredit_operator.compile.memo import Memo


class Made:
    """Counts what it makes."""

    def __init__(self):
        self.calls = []

    def __call__(self, *parts):
        self.calls.append(parts)
        return list(parts)


def test_what_was_made_from_equal_values_is_returned_again():
    memo, make = Memo(), Made()
    first = memo.recall("slot", ((1, 2), "x"), make)
    assert memo.recall("slot", ((1, 2), "x"), make) is first
    assert len(make.calls) == 1


def test_other_values_are_made_anew_and_take_the_place():
    memo, make = Memo(), Made()
    memo.recall("slot", (1,), make)
    assert memo.recall("slot", (2,), make) == [2]
    assert memo.recall("slot", (1,), make) == [1]
    assert len(make.calls) == 3


def test_slots_are_apart():
    memo, make = Memo(), Made()
    memo.recall("one", (1,), make)
    memo.recall("other", (1,), make)
    assert len(make.calls) == 2


def test_of_many_rows_only_new_ones_are_made():
    memo, make = Memo(), Made()
    one, two, three = (object() for _ in range(3))
    first = memo.each("rows", [(one,), (two,)], make)
    second = memo.each("rows", [(two,), (three,)], make)
    assert second[0] is first[1]
    assert len(make.calls) == 3


def test_a_row_that_was_left_out_once_is_forgotten():
    memo, make = Memo(), Made()
    one = object()
    memo.each("rows", [(one,)], make)
    memo.each("rows", [], make)
    memo.each("rows", [(one,)], make)
    assert len(make.calls) == 2


def test_rows_are_kept_alive_so_that_no_other_object_is_taken_for_them():
    memo, make = Memo(), Made()
    for number in range(200):
        (made,) = memo.each("rows", [([number],)], make)
        assert made == [[number]]
