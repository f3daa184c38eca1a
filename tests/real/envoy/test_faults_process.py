"""Authorizers that fail, die, stop and lag under load: what passes was decided and recorded, and passing resumes."""

import pytest

from real.envoy.load import is_allowed


@pytest.mark.parametrize("how", ["raises", "nothing", "empty"])
def test_a_check_that_fails_inside_is_a_denial(site, how):
    site.publish()
    site.authorize(how=how)
    site.front()
    with site.load() as load:
        load.see(20, lambda each: (each.status, each.reason) == (503, "internal_error"))
        load.see(60, is_allowed)
    assert site.broken_promises(load) == []
    assert {each.status for each in load.answers} == {200, 401, 403, 503}
    recorded = site.trail.reasons()["internal_error"]
    assert bool(recorded) == (how != "empty")


def test_one_of_two_authorizers_that_is_killed_costs_denials_at_most(site):
    site.publish()
    first, _ = site.authorize(), site.authorize()
    site.front()
    with site.load() as load:
        load.see(40, is_allowed)
        first.process.kill()
        load.see(60, is_allowed)
        first.process.restart()
        size = first.audit.stat().st_size
        first.process.wait_until(lambda: first.audit.stat().st_size > size, "a record of the one that is back", 40)
        load.see(40, is_allowed)
    assert site.broken_promises(load) == []
    assert {each.status for each in load.answers} <= {200, 401, 403, 503}


def test_an_authorizer_that_stops_hangs_nobody_and_the_other_takes_over(site):
    site.publish()
    first, _ = site.authorize(), site.authorize()
    site.front(patience_s=0.5)
    with site.load() as load:
        load.see(20, is_allowed)
        with first.frozen():
            load.see(60, is_allowed)
        load.see(40, is_allowed)
    assert site.broken_promises(load) == []
    assert {each.status for each in load.answers} <= {200, 401, 403, 503}


def test_an_answer_after_the_timeout_lets_nothing_pass(site):
    site.publish()
    site.authorize(how="slow")
    site.front(patience_s=0.3)
    with site.load() as load:
        load.see(5, lambda each: (each.status, each.reason) == (503, None))
        load.see(5, is_allowed)
    assert site.broken_promises(load) == []
