import json
import uuid
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_extauthz.audit import record
from accredit_extauthz.codec import request, response
from accredit_extauthz.codec.envoy_subset_pb2 import CheckResponse
from accredit_extauthz.decide.decide import decide, refused
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.serve.check import Check, Steps
from accredit_extauthz.serve.holder import Holder
from fakes import scene
from fakes.envoy import check_request
from fakes.shell import FakeClock, ListMeter, ListSink

STEPS = Steps(request.read, decide, refused, response.encode, record.encode)


@dataclass
class Shell:
    """A check with fakes around it."""

    steps: Steps = STEPS
    clock: FakeClock = field(default_factory=FakeClock)
    sink: ListSink = field(default_factory=ListSink)
    meter: ListMeter = field(default_factory=ListMeter)
    audited: bool = True

    def __post_init__(self) -> None:
        self.holder = Holder(self.clock)
        self.holder.swap(scene.view())
        sink = self.sink if self.audited else None
        self.check = Check(self.holder, self.clock, self.steps, sink, self.meter, fallback=response.FALLBACK)

    def answer(self, data: bytes) -> CheckResponse:
        return CheckResponse.FromString(self.check(data))

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.sink.lines]


def good_request() -> bytes:
    return check_request(headers={"authorization": f"Bearer {scene.IDP.mint()}"})


def reason_of(answer: CheckResponse) -> str:
    return answer.dynamic_metadata["reason"]


def raising(*_: object) -> Any:
    raise KeyError("a defect")


def test_what_is_allowed_has_one_record_of_the_same_id():
    shell = Shell()
    answer = shell.answer(good_request())
    assert answer.status.code == 0
    (written,) = shell.records
    assert (written["decision"], written["reason"]) == ("allow", Reason.ALLOWED)
    assert written["decision_id"] == answer.dynamic_metadata["decision_id"]
    assert uuid.UUID(written["decision_id"]).version == 7
    assert written["snapshot"] == {"sequence": 1, "digest": "sha256:0"}
    assert (shell.meter.records, [decision.reason for decision in shell.meter.decisions]) == (1, [Reason.ALLOWED])


def test_what_is_refused_has_one_record():
    shell = Shell()
    answer = shell.answer(check_request())
    assert (answer.status.code, reason_of(answer)) == (16, Reason.TOKEN_MISSING)
    assert [written["reason"] for written in shell.records] == [Reason.TOKEN_MISSING]


def test_bytes_that_are_no_request_are_refused_and_recorded():
    shell = Shell()
    assert reason_of(shell.answer(b"\xff\xff")) == Reason.REQUEST_MALFORMED
    assert [written["reason"] for written in shell.records] == [Reason.REQUEST_MALFORMED]


def test_without_a_view_everything_is_snapshot_missing():
    shell = Shell()
    shell.check = Check(Holder(shell.clock), shell.clock, STEPS, shell.sink, shell.meter, fallback=response.FALLBACK)
    assert reason_of(shell.answer(good_request())) == Reason.SNAPSHOT_MISSING
    assert shell.records[0]["snapshot"] is None


def test_the_clock_and_the_age_of_the_view_reach_the_decision():
    seen = []

    def noting(*given: object) -> Any:
        seen.append(given[1:])
        return decide(*given)  # type: ignore[arg-type]  # the tuple is decide's own

    shell = Shell(replace(STEPS, decide=noting))
    shell.clock.pass_s(45.5)
    shell.answer(good_request())
    assert seen == [(shell.holder.current, shell.clock.now // 10**9, 45)]


def test_the_record_says_how_long_it_took():
    shell = Shell()

    def slow(data: bytes) -> Any:
        shell.clock.pass_s(0.00125)
        return request.read(data)

    shell.check = Check(
        shell.holder, shell.clock, replace(STEPS, read=slow), shell.sink, shell.meter, fallback=response.FALLBACK
    )
    shell.answer(good_request())
    assert shell.records[0]["latency_us"] == 1250


@pytest.mark.parametrize("token", ["", None], ids=["an allow", "a denial"])
def test_a_record_that_cannot_be_written_makes_a_denial(token):
    shell = Shell()
    shell.sink.broken = True
    answer = shell.answer(good_request() if token == "" else check_request())
    assert (answer.status.code, answer.denied_response.status.code) == (7, 503)
    assert reason_of(answer) == Reason.AUDIT_UNAVAILABLE
    assert (shell.meter.failures, shell.meter.records) == (1, 0)
    assert [decision.reason for decision in shell.meter.decisions] == [Reason.AUDIT_UNAVAILABLE]


def test_allows_resume_when_records_can_be_written_again():
    shell = Shell()
    shell.sink.broken = True
    shell.answer(good_request())
    shell.sink.broken = False
    assert shell.answer(good_request()).status.code == 0


def test_an_answer_that_cannot_be_audited_carries_nothing_of_the_allow():
    shell = Shell()
    shell.sink.broken = True
    answer = shell.answer(good_request())
    assert not answer.HasField("ok_response")
    assert not [option for option in answer.denied_response.headers if option.header.key.startswith("x-user")]


@pytest.mark.parametrize("step", ["read", "decide"])
def test_a_step_that_fails_inside_is_an_audited_internal_error(step, caplog):
    shell = Shell(replace(STEPS, **{step: raising}))
    answer = shell.answer(good_request())
    assert (answer.status.code, reason_of(answer)) == (7, Reason.INTERNAL_ERROR)
    (written,) = shell.records
    assert (written["decision"], written["reason"]) == ("deny", Reason.INTERNAL_ERROR)
    (logged,) = caplog.records
    assert logged.exc_info is not None
    assert logged.decision_id == written["decision_id"] == answer.dynamic_metadata["decision_id"]


def test_an_internal_error_names_the_target_it_was_for():
    shell = Shell(replace(STEPS, decide=raising))
    shell.answer(good_request())
    assert shell.records[0]["target"]["host"] == scene.HOST


def test_an_allow_that_cannot_be_encoded_is_recorded_as_the_internal_error_it_becomes():
    def encode(decision: Any, decision_id: str) -> bytes:
        return raising() if decision.reason is Reason.ALLOWED else response.encode(decision, decision_id)

    shell = Shell(replace(STEPS, encode=encode))
    assert reason_of(shell.answer(good_request())) == Reason.INTERNAL_ERROR
    assert [written["reason"] for written in shell.records] == [Reason.INTERNAL_ERROR]


def test_a_request_that_breaks_its_own_record_is_recorded_without_it():
    def encode(decision: Any, *given: Any) -> bytes:
        return raising() if decision.evidence.call is not None else record.encode(decision, *given)

    shell = Shell(replace(STEPS, record=encode))
    assert reason_of(shell.answer(good_request())) == Reason.INTERNAL_ERROR
    assert [(written["reason"], written["target"]) for written in shell.records] == [(Reason.INTERNAL_ERROR, None)]


@pytest.mark.parametrize("step", ["encode", "record", "refused"])
def test_when_even_the_denial_fails_the_fallback_is_sent(step):
    shell = Shell(replace(STEPS, **{step: raising}, decide=raising))
    assert shell.check(good_request()) == response.FALLBACK


def test_a_fault_while_records_cannot_be_written_is_still_a_denial():
    shell = Shell(replace(STEPS, decide=raising))
    shell.sink.broken = True
    assert reason_of(shell.answer(good_request())) == Reason.AUDIT_UNAVAILABLE


def test_a_meter_that_fails_denies():
    shell = Shell()
    shell.meter.checked = raising  # type: ignore[method-assign]  # the fault under test
    assert shell.check(good_request()) == response.FALLBACK


def test_without_a_sink_requests_are_answered_and_no_record_is_counted():
    shell = Shell(audited=False)
    assert shell.answer(good_request()).status.code == 0
    assert (shell.sink.lines, shell.meter.records) == ([], 0)


@given(st.binary(max_size=200))
def test_no_bytes_make_it_raise_or_allow(data):
    shell = Shell()
    assert shell.answer(data).status.code != 0
    assert len(shell.records) == 1
