"""The way of one check: read, decide, encode, audit, answer. Every path through here ends in an answer.

The response is encoded before the audit record is written, and leaves after it: a response that cannot be encoded is
audited as the internal_error it becomes, and a record that cannot be written turns whatever was decided into a denial.
"""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass

from accredit_extauthz.decide.view import View
from accredit_extauthz.model.call import Call
from accredit_extauthz.model.decision import Decision, Evidence
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import Refusal
from accredit_extauthz.serve.decision_id import RANDOM_BYTES, decision_id
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


@dataclass(frozen=True, slots=True)
class _Check:
    data: bytes
    view: View | None
    view_age_s: int
    occasion: Occasion
    started_at_ticks_ns: int
    evidence: Evidence  # what is known should a step fail


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

    def __call__(self, data: bytes) -> bytes:
        """Return the answer to one check."""
        check = self._begin(data)
        # A fault is answered with what is known of the request; if that is what breaks the answer, without it.
        for attempt in (self._decide, self._fault, self._bare_fault):
            try:
                return self._answer(attempt(check), check)
            except Exception:  # noqa: BLE001 (what escaped would be a failure without our denial and without a record)
                _LOG.exception("a check failed inside", extra={"decision_id": check.occasion.decision_id})
        return self._fallback

    def _begin(self, data: bytes) -> _Check:
        ticks_ns = self._clock.ticks_ns()
        now_ns = self._clock.now_ns()
        # The age first: a swap between the two reads makes a fresh view look old, never an old one fresh.
        view_age_s = self._holder.age_s(ticks_ns)
        view = self._holder.current
        occasion = Occasion(
            decision_id=decision_id(now_ns, os.urandom(RANDOM_BYTES)),
            now_ns=now_ns,
            sequence=None if view is None else view.sequence,
            digest=None if view is None else view.digest,
        )
        return _Check(data, view, view_age_s, occasion, ticks_ns, Evidence())

    def _decide(self, check: _Check) -> Decision:
        try:
            call = self._steps.read(check.data)
        except Refusal as refusal:
            return self._steps.refused(refusal, check.evidence)
        check.evidence.call = call
        return self._steps.decide(call, check.view, check.occasion.now_ns // _NS_PER_S, check.view_age_s)

    def _fault(self, check: _Check) -> Decision:
        refusal = Refusal(Reason.INTERNAL_ERROR, "a fault inside Accredit; its log has this decision id")
        return self._steps.refused(refusal, check.evidence)

    def _bare_fault(self, check: _Check) -> Decision:
        check.evidence.call = None
        return self._fault(check)

    def _answer(self, decision: Decision, check: _Check) -> bytes:
        answer = self._steps.encode(decision, check.occasion.decision_id)
        try:
            self._audit(decision, check)
        except AuditUnavailable:
            self._meter.audit_failed()
            refusal = Refusal(Reason.AUDIT_UNAVAILABLE, "the audit record could not be written, so nothing is allowed")
            decision = self._steps.refused(refusal, decision.evidence)
            answer = self._steps.encode(decision, check.occasion.decision_id)
        self._meter.checked(decision, self._elapsed_ns(check))
        return answer

    def _audit(self, decision: Decision, check: _Check) -> None:
        if self._sink is None:
            return
        self._sink.write(self._steps.record(decision, check.occasion, self._elapsed_ns(check) // _NS_PER_US))
        self._meter.audited()

    def _elapsed_ns(self, check: _Check) -> int:
        return self._clock.ticks_ns() - check.started_at_ticks_ns
