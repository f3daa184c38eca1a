"""The way of a group of checks: read, decide, encode, record, audit, answer. Every path through here ends in an answer.

Each request is decided by itself, and one that fails inside touches no other. What is shared is the moment, the view,
the order of the steps, and one write of all audit records, which happens before any answer leaves: a record that cannot
be written turns whatever was decided into a denial. The response is encoded before its record: one that cannot be
encoded is recorded as the internal_error it becomes.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from accredit_extauthz.decide.view import View
from accredit_extauthz.model.call import Call
from accredit_extauthz.model.decision import Decision, Evidence
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import Refusal
from accredit_extauthz.serve.decision_id import Chance, of_instant
from accredit_extauthz.serve.holder import Holder
from accredit_extauthz.serve.occasion import Occasion
from accredit_extauthz.serve.ports import AuditSink, AuditUnavailable, Clock, Meter

_LOG = logging.getLogger(__name__)
_NS_PER_S = 1_000_000_000
_NS_PER_US = 1_000


@dataclass(frozen=True, slots=True)
class Steps:
    """The pure steps of a check, in their order."""

    read: Callable[[bytes], Call]  # raises Refusal for bytes that hold no HTTP request
    decide: Callable[[Call, View | None, int, int], Decision]  # call, view, now in Unix seconds, age of the view in s
    refused: Callable[[Refusal, Evidence], Decision]
    encode: Callable[[Decision, str], bytes]
    record: Callable[[Decision, Occasion, int], bytes]  # decision, occasion, latency in µs -> one line


class _Moment(NamedTuple):
    """When a group came, and what it is decided from. The snapshot's sequence and digest are None without a view."""

    now_ns: int
    now_s: int
    ids_start: str  # as those of one instant do
    ticks_ns: int
    view: View | None
    view_age_s: int
    sequence: int | None
    digest: str | None


class _Outcome(NamedTuple):
    """One request of a group, decided. Without a decision the answer is the fallback."""

    answer: bytes
    decision: Decision | None
    occasion: Occasion
    record: bytes


class Check:
    """Answers CheckRequest bytes with CheckResponse bytes; never raises, and allows only what was decided and audited.

    `sink` None stands for no audit at all. `fallback` is a denial, for when not even a denial can be encoded.
    """

    def __init__(
        self, holder: Holder, clock: Clock, steps: Steps, sink: AuditSink | None, meter: Meter, *, fallback: bytes
    ) -> None:
        self._holder = holder
        self._clock = clock
        self._steps = steps
        self._sink = sink
        self._meter = meter
        self._fallback = fallback
        self._chance = Chance()

    def __call__(self, data: bytes) -> bytes:
        """Return the answer to one check."""
        return self.together((data,))[0]

    def together(self, requests: Sequence[bytes]) -> Sequence[bytes]:
        """Return the answers to a group of checks, in their order, once all records are written."""
        self._meter.under_way(len(requests))
        try:
            moment = self._moment()
            outcomes = self._audited(self._outcomes(requests, moment))
            elapsed_ns = self._clock.ticks_ns() - moment.ticks_ns
            return [self._counted(outcome, elapsed_ns) for outcome in outcomes]
        except Exception:  # noqa: BLE001 (what escaped would be a failure without our denial)
            _LOG.exception("%d checks failed inside", len(requests))
            return [self._fallback] * len(requests)
        finally:
            self._meter.under_way(-len(requests))

    def _moment(self) -> _Moment:
        ticks_ns = self._clock.ticks_ns()
        now_ns = self._clock.now_ns()
        # The age first: a swap between the two reads makes a fresh view look old, never an old one fresh.
        view_age_s = self._holder.age_s(ticks_ns)
        view = self._holder.current
        return _Moment(
            now_ns,
            now_ns // _NS_PER_S,
            of_instant(now_ns),
            ticks_ns,
            view,
            view_age_s,
            None if view is None else view.sequence,
            None if view is None else view.digest,
        )

    def _outcomes(self, requests: Sequence[bytes], moment: _Moment) -> list[_Outcome]:
        """Take one step for all requests before the next: each finds the processor's caches as it left them."""
        occasions = [self._occasion(moment) for _ in requests]
        moments = [moment] * len(requests)
        calls = list(map(self._read, requests, occasions))
        decisions = list(map(self._decide, calls, occasions, moments))
        answers = list(map(self._answer, decisions, occasions))
        return list(map(self._settled, decisions, answers, occasions, moments))

    def _occasion(self, moment: _Moment) -> Occasion:
        return Occasion(moment.ids_start + self._chance.draw(), moment.now_ns, moment.sequence, moment.digest)

    def _read(self, data: bytes, occasion: Occasion) -> Call | Decision | Evidence:
        """Return the call, or the denial of bytes that hold none; after a fault, what is known of the request."""
        try:
            try:
                return self._steps.read(data)
            except Refusal as refusal:
                return self._steps.refused(refusal, Evidence())
        except Exception:  # noqa: BLE001 (this request alone is denied)
            _log_fault(occasion)
            return Evidence()

    def _decide(self, call: Call | Decision | Evidence, occasion: Occasion, moment: _Moment) -> Decision | Evidence:
        if not isinstance(call, Call):
            return call
        try:
            return self._steps.decide(call, moment.view, moment.now_s, moment.view_age_s)
        except Exception:  # noqa: BLE001 (as above)
            _log_fault(occasion)
            return Evidence(call=call)

    def _answer(self, decision: Decision | Evidence, occasion: Occasion) -> bytes | Evidence:
        if isinstance(decision, Evidence):
            return decision
        try:
            return self._steps.encode(decision, occasion.decision_id)
        except Exception:  # noqa: BLE001 (as above)
            _log_fault(occasion)
            return Evidence(call=decision.evidence.call)

    def _settled(
        self, decision: Decision | Evidence, answer: bytes | Evidence, occasion: Occasion, moment: _Moment
    ) -> _Outcome:
        if isinstance(decision, Evidence):
            return self._faulted(decision, occasion, moment)
        if isinstance(answer, Evidence):
            return self._faulted(answer, occasion, moment)
        try:
            return self._recorded(decision, answer, occasion, moment)
        except Exception:  # noqa: BLE001 (as above)
            _log_fault(occasion)
        return self._faulted(Evidence(call=decision.evidence.call), occasion, moment)

    def _faulted(self, evidence: Evidence, occasion: Occasion, moment: _Moment) -> _Outcome:
        """Deny with what is known of the request; if that is what breaks the answer, without it."""
        refusal = Refusal(Reason.INTERNAL_ERROR, "a fault inside Accredit; its log has this decision id")
        for known in (evidence, Evidence()):
            try:
                decision = self._steps.refused(refusal, known)
                answer = self._steps.encode(decision, occasion.decision_id)
                return self._recorded(decision, answer, occasion, moment)
            except Exception:  # noqa: BLE001 (as above)
                _log_fault(occasion)
        return _Outcome(self._fallback, None, occasion, b"")

    def _recorded(self, decision: Decision, answer: bytes, occasion: Occasion, moment: _Moment) -> _Outcome:
        if self._sink is None:
            return _Outcome(answer, decision, occasion, b"")
        latency_us = (self._clock.ticks_ns() - moment.ticks_ns) // _NS_PER_US
        return _Outcome(answer, decision, occasion, self._steps.record(decision, occasion, latency_us))

    def _audited(self, outcomes: Sequence[_Outcome]) -> Sequence[_Outcome]:
        """Write all records; where that fails, no outcome stands."""
        records = [outcome.record for outcome in outcomes if outcome.record]
        if self._sink is None or not records:
            return outcomes
        try:
            self._sink.write(b"".join(records))
        except AuditUnavailable:
            self._meter.audit_failed(len(records))
            return [self._unaudited(outcome) for outcome in outcomes]
        self._meter.audited(len(records))
        return outcomes

    def _unaudited(self, outcome: _Outcome) -> _Outcome:
        if outcome.decision is None:
            return outcome
        refusal = Refusal(Reason.AUDIT_UNAVAILABLE, "the audit record could not be written, so nothing is allowed")
        try:
            decision = self._steps.refused(refusal, outcome.decision.evidence)
            answer = self._steps.encode(decision, outcome.occasion.decision_id)
        except Exception:  # noqa: BLE001 (as above)
            _log_fault(outcome.occasion)
            return _Outcome(self._fallback, None, outcome.occasion, b"")
        return _Outcome(answer, decision, outcome.occasion, b"")

    def _counted(self, outcome: _Outcome, elapsed_ns: int) -> bytes:
        if outcome.decision is None:
            return self._fallback
        try:
            self._meter.checked(outcome.decision, elapsed_ns)
        except Exception:  # noqa: BLE001 (what is not counted is not allowed)
            _log_fault(outcome.occasion)
            return self._fallback
        return outcome.answer


def _log_fault(occasion: Occasion) -> None:
    _LOG.exception("a check failed inside", extra={"decision_id": occasion.decision_id})
