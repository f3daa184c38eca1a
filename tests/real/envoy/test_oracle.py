"""The oracle of the fault tests finds each promise that is broken."""

import json

import pytest

from real.envoy.load import Answered, Ask
from real.envoy.oracle import broken_promises, revived
from real.envoy.trail import Trail
from real.envoy.witness import Arrival

GOOD, BAD = Ask("good"), Ask("bad", is_refused=True)
NIL = "00000000-0000-0000-0000-000000000000"


def answered(number, ask=GOOD, status=200, reason=None, decision_id=None, sent_at=0.0):
    return Answered(number, ask, sent_at, sent_at + 1.0, status, reason, decision_id)


def arrived(number, decision_id="a", recorded=("allow",)):
    return Arrival(number, decision_id, recorded)


def line(decision_id, decision):
    return json.dumps({"decision_id": decision_id, "decision": decision, "reason": decision}) + "\n"


@pytest.fixture
def trail(tmp_path):
    (tmp_path / "audit.jsonl").write_text(line("a", "allow") + line("d", "deny") + line("t", "allow") * 2)
    read = Trail(tmp_path)
    read.catch_up()
    yield read
    read.close()


DENIED = answered(2, BAD, 403, "rule_denied", "d")


def test_what_was_recorded_and_answered_as_it_should_breaks_no_promise(trail):
    last_resort = answered(3, BAD, 503, "internal_error", NIL)
    unrecorded = answered(4, GOOD, 503, "audit_unavailable", "u")
    assert broken_promises([answered(1), DENIED, last_resort, unrecorded], [arrived(1)], trail) == []


@pytest.mark.parametrize(
    ("answers", "arrivals"),
    [
        pytest.param([answered(1)], [], id="a 200 that the upstream did not give"),
        pytest.param([answered(1)], [arrived(1), arrived(1)], id="a request that arrives twice"),
        pytest.param([answered(1, status=503)], [arrived(1)], id="an arrival that was answered with a denial"),
        pytest.param([answered(1, BAD)], [arrived(1)], id="an arrival of what was to be refused"),
        pytest.param([], [arrived(1)], id="an arrival that nobody sent"),
        pytest.param([answered(1)], [arrived(1, recorded=())], id="an arrival before its record"),
        pytest.param([answered(1)], [arrived(1, "t")], id="an arrival with two records"),
        pytest.param([answered(1)], [arrived(1, "x")], id="an arrival whose record is lost"),
        pytest.param([answered(1)], [arrived(1, "d", ("deny",))], id="an arrival that was denied"),
        pytest.param([answered(1), answered(2)], [arrived(1), arrived(2)], id="two arrivals with one decision"),
        pytest.param([answered(1, status=None)], [], id="no answer"),
        pytest.param([answered(1, BAD, 403, "rule_denied", "x")], [], id="a denial without a record"),
        pytest.param([answered(1, BAD, 403, "rule_denied", "a")], [], id="a denial that is recorded as an allow"),
    ],
)
def test_a_broken_promise_is_told(trail, answers, arrivals):
    assert broken_promises(answers, arrivals, trail)


def test_an_allow_sent_after_the_first_refusal_is_found():
    refusal = answered(1, status=403, reason="rule_denied", sent_at=5.0)
    before, after, other = answered(2, sent_at=5.5), answered(3, sent_at=6.5), answered(4, Ask("other"), sent_at=6.5)
    assert revived([before, refusal, after, other], "good", "rule_denied") == [after]


def test_a_trail_keeps_what_a_file_held_through_renaming_truncation_and_deletion(tmp_path):
    (folder := tmp_path / "audit").mkdir()
    path, trail = folder / "audit.jsonl", Trail(folder)
    for decision_id, harm in (
        ("1", lambda: path.rename(folder / "old")),
        ("2", path.unlink),
        ("3", lambda: path.write_text("")),
    ):
        with path.open("a") as file:
            file.write(line(decision_id, "allow"))
        trail.catch_up()
        harm()
        trail.catch_up()  # a file that grew as long again meanwhile would look like one that went on
    path.write_text('{"torn\n' + line("4", "deny") + '{"half')
    trail.catch_up()
    assert [trail.decisions(each) for each in "1234"] == [("allow",)] * 3 + [("deny",)]
    assert trail.torn == 1
    trail.close()
