from accredit_operator.expiry import Timers
from accredit_operator.world import Kind, ObjectKey

A, B = (ObjectKey(Kind.AGENT_IDENTITY, "research", name) for name in "ab")


def timers(**at):
    made = Timers()
    for name, when in at.items():
        made.keep({"a": A, "b": B}[name], when)
    return made


def test_what_is_due_comes_once_and_in_order():
    made = timers(a=20, b=10)
    assert made.due(9) == ()
    assert made.due(10) == (B,)
    assert made.due(30) == (A,)
    assert made.due(30) == ()


def test_the_last_time_that_was_set_counts():
    made = timers(a=10)
    made.keep(A, 20)
    assert made.due(15) == ()
    assert made.due(20) == (A,)


def test_a_time_that_was_taken_back_never_comes():
    made = timers(a=10)
    made.keep(A, None)
    assert made.due(99) == ()


def test_the_same_time_twice_is_once():
    made = timers(a=10)
    made.keep(A, 10)
    assert made.due(10) == (A,)
