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


class TestGroups:
    """Requests that wait at the same time share one write, and nothing else."""

    def answers(self, shell: Shell, *requests: bytes) -> list[CheckResponse]:
        return [CheckResponse.FromString(answer) for answer in shell.check.together(requests)]

    def test_each_is_answered_in_its_place_and_all_records_go_out_in_one_write(self):
        shell = Shell()
        answers = self.answers(shell, good_request(), check_request(), b"\xff", good_request())
        reasons = [Reason.ALLOWED, Reason.TOKEN_MISSING, Reason.REQUEST_MALFORMED, Reason.ALLOWED]
        assert [reason_of(answer) for answer in answers] == reasons
        assert [(record["reason"], record["decision_id"]) for record in shell.records] == [
            (reason, answer.dynamic_metadata["decision_id"]) for reason, answer in zip(reasons, answers, strict=True)
        ]
        assert len({record["decision_id"] for record in shell.records}) == 4
        assert (shell.sink.writes, shell.meter.records, len(shell.meter.decisions)) == (1, 4, 4)

    def test_no_answer_is_there_before_its_record_is_written(self):
        shell = Shell()
        seen = []

        def write(line: bytes) -> None:
            seen.append((line.count(b"\n"), len(shell.meter.decisions)))

        shell.sink.write = write  # type: ignore[method-assign]  # to see what is done by then
        self.answers(shell, good_request(), good_request())
        assert seen == [(2, 0)]

    def test_records_that_cannot_be_written_deny_every_one(self):
        shell = Shell()
        shell.sink.broken = True
        answers = self.answers(shell, good_request(), check_request(), good_request())
        assert [reason_of(answer) for answer in answers] == [Reason.AUDIT_UNAVAILABLE] * 3
        assert {answer.status.code for answer in answers} == {7}
        assert (shell.meter.failures, shell.meter.records) == (3, 0)

    def test_one_that_fails_inside_touches_no_other(self, caplog):
        bad = check_request(path="/bad")

        def read(data: bytes) -> Any:
            return raising() if data == bad else request.read(data)

        shell = Shell(replace(STEPS, read=read))
        answers = self.answers(shell, good_request(), bad, good_request())
        reasons = [Reason.ALLOWED, Reason.INTERNAL_ERROR, Reason.ALLOWED]
        assert [reason_of(answer) for answer in answers] == reasons
        assert [record["reason"] for record in shell.records] == reasons
        assert [logged.decision_id for logged in caplog.records] == [answers[1].dynamic_metadata["decision_id"]]

    def test_one_that_cannot_even_be_denied_gets_the_fallback_and_touches_no_other(self):
        shell = Shell()
        counted = shell.meter.checked

        def checked(decision: Any, elapsed_ns: int) -> None:
            raising() if decision.reason is Reason.TOKEN_MISSING else counted(decision, elapsed_ns)

        shell.meter.checked = checked  # type: ignore[method-assign]  # the fault under test
        answers = shell.check.together([good_request(), check_request(), good_request()])
        assert [answer == response.FALLBACK for answer in answers] == [False, True, False]

    def test_one_without_a_record_gets_the_fallback_also_when_the_others_cannot_be_recorded(self):
        def refused(refusal: Any, evidence: Any) -> Any:
            return raising() if refusal.reason is Reason.INTERNAL_ERROR else STEPS.refused(refusal, evidence)

        def read(data: bytes) -> Any:
            return raising() if data == b"bad" else request.read(data)

        shell = Shell(replace(STEPS, read=read, refused=refused))
        shell.sink.broken = True
        bad, good = shell.check.together([b"bad", good_request()])
        assert bad == response.FALLBACK
        assert reason_of(CheckResponse.FromString(good)) == Reason.AUDIT_UNAVAILABLE

    def test_a_sink_with_a_defect_denies_every_one(self):
        shell = Shell()
        shell.sink.write = raising  # type: ignore[method-assign]  # the fault under test
        assert shell.check.together([good_request()] * 2) == [response.FALLBACK] * 2

    def test_all_are_judged_by_one_view_at_one_moment(self):
        seen = []

        def noting(*given: Any) -> Any:
            seen.append(given[1:])
            shell.holder.swap(scene.view())
            shell.clock.pass_s(1)
            return decide(*given)

        shell = Shell(replace(STEPS, decide=noting))
        self.answers(shell, good_request(), good_request())
        assert seen[0] == seen[1]
        assert len({record["time"] for record in shell.records}) == 1

    def test_they_are_counted_while_they_are_under_way(self):
        shell = Shell()
        self.answers(shell, good_request(), good_request())
        shell.check(good_request())
        assert (shell.meter.now, shell.meter.most) == (0, 2)

    def test_no_requests_are_no_answers(self):
        shell = Shell()
        assert self.answers(shell) == []
        assert shell.sink.writes == 0


def test_a_denial_for_want_of_audit_that_cannot_be_encoded_is_the_fallback():
    def encode(decision: Any, decision_id: str) -> bytes:
        return raising() if decision.reason is Reason.AUDIT_UNAVAILABLE else response.encode(decision, decision_id)

    shell = Shell(replace(STEPS, encode=encode))
    shell.sink.broken = True
    assert shell.check(good_request()) == response.FALLBACK


@given(st.binary(max_size=200))
def test_no_bytes_make_it_raise_or_allow(data):
    shell = Shell()
    assert shell.answer(data).status.code != 0
    assert len(shell.records) == 1
