"""Candidates on one Lease, step by step: who leads, who waits, who is over."""

import pytest

from accredit_operator.lease import Candidate, Standing
from accredit_operator.lease.record import LeaseRecord, lease_document, read_record
from accredit_operator.ports import LEASES, Forbidden, TransientError
from fakes.clock import FakeClock
from fakes.cluster import FakeCluster

HOME, NAME = "accredit-system", "accredit-operator"
WAITING, LEADING, OVER = Standing.WAITING, Standing.LEADING, Standing.OVER


class SilentLog:
    def __init__(self):
        self.said = []

    def say(self, level, event, **fields):
        self.said.append((level, event))


class Scene:
    """One Lease, one clock, any number of candidates."""

    def __init__(self):
        self.cluster, self.clock, self.log = FakeCluster(), FakeClock(), SilentLog()

    def candidate(self, identity="a"):
        return Candidate(self.cluster, self.clock, self.log, HOME, NAME, identity)

    def record(self):
        return read_record(self.cluster.read(LEASES, HOME, NAME).document)

    def steps(self, candidate, count, every_s=2.0):
        """Let time pass and the candidate step, `count` times; return where it then stands."""
        for _ in range(count):
            self.clock.advance(every_s)
            candidate.step()
        return candidate.standing


@pytest.fixture
def scene():
    return Scene()


def test_the_first_one_leads_at_once_and_the_second_waits(scene):
    first, second = scene.candidate("a"), scene.candidate("b")
    assert (first.standing, first.step()) == (WAITING, LEADING)
    assert second.step() is WAITING
    assert scene.record().holder == "a"
    assert scene.record().transitions == 0


def test_a_leader_that_renews_leads_on_and_keeps_the_other_waiting(scene):
    first, second = scene.candidate("a"), scene.candidate("b")
    first.step()
    for _ in range(60):
        scene.clock.advance(2)
        assert (first.step(), second.step()) == (LEADING, WAITING)


def test_a_renewal_is_one_request(scene):
    leader = scene.candidate()
    leader.step()
    scene.cluster.said.clear()
    scene.steps(leader, 3)
    assert [said.verb for said in scene.cluster.said] == ["replace"] * 3


def test_a_released_lease_is_taken_at_the_next_look(scene):
    first, second = scene.candidate("a"), scene.candidate("b")
    first.step()
    second.step()
    first.withdraw()
    assert (first.standing, scene.record().holder) == (OVER, "")
    assert second.step() is LEADING
    assert scene.record().transitions == 1


def test_one_that_has_withdrawn_never_leads_again(scene):
    first = scene.candidate("a")
    first.step()
    first.withdraw()
    assert scene.steps(first, 10) is OVER
    assert scene.record().holder == ""


def test_a_silent_leader_is_followed_after_its_whole_duration_and_not_before(scene):
    first, second = scene.candidate("a"), scene.candidate("b")
    first.step()
    second.step()
    scene.clock.advance(14.9)
    assert second.step() is WAITING
    scene.clock.advance(0.1)
    assert second.step() is LEADING
    assert scene.record().transitions == 1


def test_a_leader_is_over_by_its_own_clock_without_asking_anyone(scene):
    leader = scene.candidate()
    leader.step()
    scene.clock.advance(9.999)
    assert leader.standing is LEADING
    scene.clock.advance(0.001)
    assert leader.standing is OVER
    assert leader.leads_for_ns == 0


def test_a_leader_that_stood_still_too_long_is_over_even_if_nobody_took_the_lease(scene):
    leader = scene.candidate()
    leader.step()
    scene.clock.advance(10)
    scene.cluster.said.clear()
    assert leader.step() is OVER
    assert scene.cluster.said == []


def test_a_leader_outlives_errors_that_end_before_its_deadline(scene):
    leader = scene.candidate()
    leader.step()
    scene.cluster.fail(times=3)
    assert scene.steps(leader, 3) is LEADING
    assert scene.steps(leader, 3) is LEADING
    assert [event for level, event in scene.log.said if level == "warning"] == ["the Lease cannot be seen or written"]


@pytest.mark.parametrize("error", [TransientError("down"), Forbidden("no role")], ids=["no connection", "no role"])
def test_a_leader_that_cannot_renew_until_its_deadline_is_over(scene, error):
    leader = scene.candidate()
    leader.step()
    scene.cluster.fail(times=99, error=error)
    assert scene.steps(leader, 4) is LEADING
    assert scene.steps(leader, 1) is OVER


def test_a_candidate_that_cannot_see_the_lease_waits(scene):
    candidate = scene.candidate()
    scene.cluster.fail(times=20, error=Forbidden("no role"))
    assert scene.steps(candidate, 20) is WAITING
    assert scene.steps(candidate, 1) is LEADING


@pytest.mark.parametrize("verb", ["create", "replace"])
def test_a_write_whose_answer_was_lost_is_found_to_be_ours(scene, verb):
    if verb == "replace":
        scene.cluster.apply(LEASES, lease_document(HOME, NAME, LeaseRecord("", 1, 4, "x", "x")))
    candidate = scene.candidate()
    scene.cluster.fail(verb, landed=True)
    assert candidate.step() is WAITING
    assert scene.record().holder == "a"
    assert scene.steps(candidate, 1) is LEADING


def test_a_renewal_whose_answer_was_lost_is_followed_by_the_next(scene):
    leader = scene.candidate()
    leader.step()
    scene.cluster.fail("replace", landed=True, times=2)
    assert scene.steps(leader, 12) is LEADING


def test_a_reign_counts_from_before_the_write_was_sent(scene):
    slow = scene.candidate()
    scene.cluster.after_call = lambda said: scene.clock.advance(4) if said.verb == "create" else None
    assert slow.step() is LEADING
    assert slow.leads_for_ns == 6_000_000_000


def test_a_first_write_that_took_longer_than_the_deadline_makes_no_leader(scene):
    stuck = scene.candidate()
    scene.cluster.after_call = lambda said: scene.clock.advance(11) if said.verb == "create" else None
    assert stuck.step() is OVER


def test_a_leader_that_finds_another_in_its_place_is_over_at_once(scene):
    leader = scene.candidate()
    leader.step()
    scene.cluster.apply(LEASES, lease_document(HOME, NAME, LeaseRecord("usurper", 15, 1, "x", "x")))
    scene.clock.advance(2)
    assert leader.step() is OVER


def test_a_leader_survives_strangers_who_touch_the_lease_or_delete_it(scene):
    leader = scene.candidate()
    leader.step()
    touched = dict(scene.cluster.read(LEASES, HOME, NAME).document)
    scene.cluster.apply(LEASES, touched | {"metadata": touched["metadata"] | {"labels": {"touched": "yes"}}})
    assert scene.steps(leader, 1) is LEADING
    scene.cluster.remove(LEASES, HOME, NAME)
    assert scene.steps(leader, 1) is LEADING
    assert scene.record().holder == "a"


def test_a_deleted_lease_that_another_made_again_is_lost(scene):
    first, second = scene.candidate("a"), scene.candidate("b")
    first.step()
    scene.cluster.remove(LEASES, HOME, NAME)
    assert second.step() is LEADING
    scene.clock.advance(2)
    assert first.step() is OVER


def test_a_wall_clock_that_stands_still_or_jumps_makes_nobody_look_dead(scene):
    first, second = scene.candidate("a"), scene.candidate("b")
    first.step()
    for jump in (-2, -2, -2, 86_400, -3_600, -2, -2, -2, -2, -2, -2, -2):
        scene.clock.advance(2)
        scene.clock.drift(jump)
        assert (first.step(), second.step()) == (LEADING, WAITING)


def test_withdrawing_releases_what_was_taken_without_an_answer(scene):
    candidate = scene.candidate()
    scene.cluster.fail("create", landed=True)
    candidate.step()
    candidate.withdraw()
    assert scene.record().holder == ""


def test_withdrawing_leaves_the_lease_of_another_alone(scene):
    first, second = scene.candidate("a"), scene.candidate("b")
    first.step()
    second.step()
    second.withdraw()
    assert scene.record().holder == "a"


def test_withdrawing_without_an_api_server_is_said_and_done(scene):
    leader = scene.candidate()
    leader.step()
    scene.cluster.fail(times=5)
    leader.withdraw()
    assert leader.standing is OVER
    assert ("warning", "the Lease could not be released and will expire") in scene.log.said


def test_withdrawing_before_anything_was_seen_is_quiet(scene):
    candidate = scene.candidate()
    candidate.withdraw()
    assert candidate.standing is OVER
    assert scene.log.said == []
