from hypothesis import given
from hypothesis import strategies as st

from accredit_extauthz.serve.recent import Recent


def test_what_was_put_is_found():
    recent: Recent[str, int] = Recent(10)
    recent.put("a", 1)
    assert (recent.get("a"), recent.get("b"), len(recent)) == (1, None, 1)


def test_what_is_used_stays_and_what_is_not_goes():
    recent: Recent[int, int] = Recent(4)
    for number in range(20):
        recent.put(number, number)
        assert recent.get(0) == 0
    assert recent.get(1) is None


@given(st.integers(0, 9), st.lists(st.tuples(st.booleans(), st.integers(0, 9))))
def test_it_is_bounded_and_never_wrong(bound, steps):
    recent: Recent[int, str] = Recent(bound)
    for is_put, key in steps:
        if is_put:
            recent.put(key, str(key))
            assert recent.get(key) == str(key)
        assert recent.get(key) in (None, str(key))
        assert len(recent) <= max(2, bound)
