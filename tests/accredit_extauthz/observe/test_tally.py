import threading

import pytest

from accredit_extauthz.observe.tally import Spread, Tally


def test_counts_are_kept_by_label_and_given_in_order():
    tally = Tally()
    tally.add(("b",))
    tally.add(("a",), 2)
    tally.add(("b",))
    assert (tally.counted(), tally.total()) == ([(("a",), 2), (("b",), 2)], 4)


def test_what_is_not_wanted_is_forgotten():
    tally = Tally()
    tally.add(("a",))
    tally.add(("b",))
    tally.keep(lambda labels: labels == ("a",))
    assert tally.counted() == [(("a",), 1)]


def test_no_count_is_lost_between_threads():
    tally = Tally()
    threads = [threading.Thread(target=lambda: [tally.add() for _ in range(2000)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tally.total() == 8000


@pytest.mark.parametrize(
    ("seconds", "found"),
    [
        pytest.param(0.05, [1, 1, 1], id="below the first bound"),
        pytest.param(0.1, [1, 1, 1], id="a bound is inclusive"),
        pytest.param(0.5, [0, 1, 1], id="between two"),
        pytest.param(9.0, [0, 0, 1], id="beyond the last"),
    ],
)
def test_a_duration_falls_into_every_bucket_at_or_above_it(seconds, found):
    spread = Spread((0.1, 1.0))
    spread.add(seconds)
    buckets, sum_s = spread.counted()
    assert ([bound for bound, _ in buckets], [count for _, count in buckets]) == (["0.1", "1.0", "+Inf"], found)
    assert sum_s == seconds
