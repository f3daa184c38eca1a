from random import Random

from accredit_operator.patience import Patience


def patience():
    return Patience(first_s=0.1, last_s=5.0, dice=Random(1))


def test_waits_grow_to_their_bound():
    waits = [patience_.wait_s() for patience_ in [patience()] for _ in range(40)]
    assert 0.05 <= waits[0] <= 0.1
    assert all(2.5 <= wait <= 5 for wait in waits[7:])


def test_a_success_begins_anew():
    made = patience()
    for _ in range(20):
        made.wait_s()
    made.calm()
    assert made.wait_s() <= 0.1


def test_what_the_other_side_asks_for_is_given_within_bounds():
    assert 3 <= patience().wait_s(3) <= 5
    assert patience().wait_s(3600) == 5.0
