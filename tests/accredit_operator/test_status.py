import pytest

from accredit_operator.compile.objects import read_object
from accredit_operator.compile.verdict import ConditionReason, Problem, Verdict, judge
from accredit_operator.conditions import Condition, Status
from accredit_operator.programming import Carried, Version
from accredit_operator.replicas import Replica, Roll
from accredit_operator.status import (
    KeyReport,
    Occasion,
    desired_status,
    flips,
    is_programmed,
    is_ready,
    is_up_to_date,
)
from fakes.objects import agent

NOW = 1_790_000_000
DONE = Carried(Version("a", 1), 10, is_programmed=True)
WAITING = Carried(Version("a", 1), 10)
WRONG = Problem("spec.scopes", "it is no list", "write a list")


def verdict(*problems, **changes):
    made = judge(read_object(agent()), problems)
    members = {"key": made.key, "generation": 1, "problems": made.problems} | changes
    return Verdict(**members)


def serving(*sequences):
    return Roll(tuple(Replica(f"r{n}", sequence, 1, {}) for n, sequence in enumerate(sequences)))


def drawn(made=None, carried=DONE, roll=None, now=NOW, keys=None, old=None):
    return desired_status(Occasion(made or verdict(), carried, roll or serving(10), now, keys), old or {})


def said(status):
    return {one["type"]: (one["status"], one["reason"]) for one in status["conditions"]}


def test_an_object_that_everyone_serves_is_ready():
    status = drawn()
    assert said(status) == {
        "Accepted": ("True", "Accepted"),
        "Programmed": ("True", "Programmed"),
        "Ready": ("True", "Ready"),
    }
    assert status["observedGeneration"] == 1
    assert {one["observedGeneration"] for one in status["conditions"]} == {1}
    assert is_ready(status)
    assert is_programmed(status, 1)
    assert not is_programmed(status, 2)


@pytest.mark.parametrize(
    ("carried", "roll", "reason"),
    [
        pytest.param(None, serving(10), "Unpublished", id="not published yet"),
        pytest.param(WAITING, Roll(), "NoReplicas", id="nobody to serve it"),
        pytest.param(WAITING, serving(9, 10), "Pending", id="one of two is behind"),
    ],
)
def test_it_is_not_programmed_and_so_not_ready(carried, roll, reason):
    found = said(drawn(carried=carried, roll=roll))
    assert (found["Programmed"], found["Ready"]) == (("False", reason), ("False", reason))
    assert found["Accepted"] == ("True", "Accepted")


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        pytest.param(verdict(WRONG), "Invalid", id="invalid"),
        pytest.param(verdict(is_suspended=True), "Suspended", id="suspended"),
        pytest.param(verdict(expires_at=NOW), "Expired", id="at its end"),
        pytest.param(verdict(expires_at=NOW + 1), "Ready", id="before its end"),
        pytest.param(verdict(WRONG, is_suspended=True), "Invalid", id="invalid before suspended"),
    ],
)
def test_what_the_object_itself_decides(made, reason):
    assert said(drawn(made))["Ready"] == ("True" if reason == "Ready" else "False", reason)


def test_the_message_says_field_finding_and_remedy():
    (accepted, *_) = drawn(verdict(WRONG))["conditions"]
    assert accepted["message"] == "spec.scopes: it is no list; write a list"


def test_times_move_with_a_status_alone():
    first = drawn(carried=WAITING, roll=serving(9))
    later = drawn(now=NOW + 60, old=first)
    times = {one["type"]: one["lastTransitionTime"] for one in later["conditions"]}
    assert times["Accepted"] == first["conditions"][0]["lastTransitionTime"]
    assert times["Programmed"] == times["Ready"] != times["Accepted"]


def test_the_same_again_needs_no_write():
    first = drawn()
    assert is_up_to_date(first, drawn(now=NOW + 60, old=first))
    assert not is_up_to_date({}, first)
    assert not is_up_to_date(first, drawn(verdict(is_suspended=True), old=first))


def test_conditions_of_others_and_nonsense():
    foreign = {"type": "Reviewed", "status": "True", "reason": "Yes", "message": "", "lastTransitionTime": "x"}
    status = drawn(old={"conditions": [foreign, "nonsense", {"type": 3}]})
    assert "Reviewed" in said(status)
    assert len(status["conditions"]) == 4


def test_an_endless_message_is_cut():
    (accepted, *_) = drawn(verdict(Problem("spec", "x" * 10_000, "y", ConditionReason.INVALID)))["conditions"]
    assert len(accepted["message"]) == 4096


def test_an_issuer_tells_of_its_keys():
    condition = Condition(type="KeysFetched", status=Status.TRUE, reason="KeysUsable", message="1 usable")
    status = drawn(keys=KeyReport(condition, ("k1",), NOW - 5))
    assert said(status)["KeysFetched"] == ("True", "KeysUsable")
    assert (status["keyIDs"], status["lastFetchTime"]) == (["k1"], "2026-09-21T14:13:15Z")
    assert "lastFetchTime" not in drawn(keys=KeyReport(condition, ("k1",), None))


class TestFlips:
    def flipped(self, old, new):
        return [(flip.condition.type, flip.condition.status) for flip in flips(old, new)]

    def test_a_good_beginning_is_one(self):
        assert self.flipped({}, drawn()) == [("Ready", "True")]

    def test_a_bad_beginning_tells_what_is_not_so(self):
        found = self.flipped({}, drawn(verdict(WRONG), carried=None))
        assert found == [("Accepted", "False"), ("Programmed", "False"), ("Ready", "False")]

    def test_another_reason_is_none(self):
        old = drawn(verdict(is_suspended=True))
        assert self.flipped(old, drawn(verdict(expires_at=NOW - 1), old=old)) == []

    def test_there_and_back_are_two(self):
        up, down = drawn(), drawn(verdict(is_suspended=True))
        assert self.flipped(up, down) == [("Ready", "False")]
        assert self.flipped(down, up) == [("Ready", "True")]
