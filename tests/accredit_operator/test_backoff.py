from random import Random

from accredit_operator.backoff import Backoff


def backoff():
    return Backoff(first_s=0.1, last_s=5.0, dice=Random(1))


def test_waits_grow_to_their_bound():
    waits = [patience_.wait_s() for patience_ in [backoff()] for _ in range(40)]
    assert 0.05 <= waits[0] <= 0.1
    assert all(2.5 <= wait <= 5 for wait in waits[7:])


def test_a_success_begins_anew():
    made = backoff()
    for _ in range(20):
        made.wait_s()
    made.calm()
    assert made.wait_s() <= 0.1


def test_what_the_other_side_asks_for_is_given_within_bounds():
    assert 3 <= backoff().wait_s(3) <= 5
    assert backoff().wait_s(3600) == 5.0
