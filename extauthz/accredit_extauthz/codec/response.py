"""A Decision as Envoy's CheckResponse. An empty one means "allow" to Envoy, so status OK is written here, once.

`status.code` alone decides; Envoy knows OK and anything else. A denial is UNAUTHENTICATED for HTTP 401 and
PERMISSION_DENIED for every other status, faults included: the HTTP status beside it is what the client gets.
"""

from collections.abc import Iterable
from enum import IntEnum
from typing import assert_never

from accredit_extauthz.codec.challenge import challenge
from accredit_extauthz.codec.denial_body import page
from accredit_extauthz.codec.envoy_subset_pb2 import CheckResponse, HeaderValueOption
from accredit_extauthz.codec.identity_headers import chain_text, encoded, identity_headers
from accredit_extauthz.model.decision import Decision, Evidence, Ruling
from accredit_extauthz.model.headers import AUTHORIZATION, DECISION, OVERRIDES, OWNED, REASON, spellings
from accredit_extauthz.model.reason import ANSWERS, Reason

_UNAUTHORIZED = 401
_NEVER_PASSED = OWNED | OVERRIDES
_NIL_ID = "00000000-0000-0000-0000-000000000000"  # RFC 9562 §5.9


class Code(IntEnum):
    """The gRPC status codes that a CheckResponse carries."""

    OK = 0
    PERMISSION_DENIED = 7
    UNAUTHENTICATED = 16


def encode(decision: Decision, decision_id: str) -> bytes:
    """Return the answer to Envoy: what the upstream or the client gets, and the decision as dynamic metadata."""
    match decision.ruling:
        case Ruling.ALLOW | Ruling.WOULD_DENY:
            reply = _allowed(decision, decision_id)
        case Ruling.DENY:
            reply = _denied(decision, decision_id)
        case never:
            assert_never(never)
    fields = reply.dynamic_metadata.fields
    for name, value in _metadata(decision, decision_id).items():
        fields[name].string_value = value
    return reply.SerializeToString(deterministic=True)


def _allowed(decision: Decision, decision_id: str) -> CheckResponse:
    told = identity_headers(decision.evidence, decision.reason) | {DECISION: decision_id}
    reply = CheckResponse()
    reply.status.code = Code.OK
    for name, value in told.items():
        _overwrite(reply.ok_response.headers.add(), name, value)
    reply.ok_response.headers_to_remove.extend(_removed(decision, told.keys()))
    return reply


def _denied(decision: Decision, decision_id: str) -> CheckResponse:
    status, content_type, text = page(decision, decision_id)
    headers = {
        "content-type": content_type,
        "cache-control": "no-store",
        REASON: decision.reason.value,
        DECISION: decision_id,
    }
    asked = challenge(decision)
    if asked is not None:
        headers["www-authenticate"] = asked
    unauthorized = ANSWERS[decision.reason].status == _UNAUTHORIZED
    reply = CheckResponse()
    reply.status.code = Code.UNAUTHENTICATED if unauthorized else Code.PERMISSION_DENIED
    reply.status.message = decision.reason.value
    reply.denied_response.status.code = status
    for name, value in headers.items():
        _overwrite(reply.denied_response.headers.add(), name, value)
    reply.denied_response.body = text
    return reply


def _overwrite(option: HeaderValueOption, name: str, value: str) -> None:
    # Any other append action would put our value beside the client's: "mallory,alice".
    option.append_action = HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD
    option.header.key = name
    option.header.value = value


def _removed(decision: Decision, told: Iterable[str]) -> list[str]:
    """Return, sorted, every name that must not reach the upstream.

    Envoy removes after it has set, and without regard to case, so a name that is told is never among them: it is
    overwritten. Its other spellings are.
    """
    evidence = decision.evidence
    assert evidence.call is not None, "a request that was not read cannot be allowed"
    extra = _extra_names(evidence)
    unwanted = _NEVER_PASSED.union(evidence.call.spoofed)
    if extra:
        unwanted |= extra | spellings(extra, evidence.call.headers)
    if not _forwards_token(decision):
        unwanted |= {AUTHORIZATION}
    return sorted({name.lower() for name in unwanted} - set(told))


def _extra_names(evidence: Evidence) -> frozenset[str]:
    """Return the names of the policy's extra headers, whether or not a step came as far as filling them."""
    stated = () if evidence.governing is None else evidence.governing.body.extra_headers
    return frozenset(evidence.extra_headers) | {header.name for header in stated}


def _forwards_token(decision: Decision) -> bool:
    governing = decision.evidence.governing
    return governing is not None and governing.body.forward_token and decision.reason is not Reason.ALLOWED_PUBLIC


def _metadata(decision: Decision, decision_id: str) -> dict[str, str]:
    """Return what access logs join on; what is unknown is left out. Encoded as in the headers: no line is forged."""
    evidence = decision.evidence
    policy, rule = evidence.rule or (evidence.policy, "")
    known = {
        "decision_id": decision_id,
        "decision": decision.ruling.value,
        "reason": decision.reason.value,
        "user": "" if evidence.delegation is None else encoded(evidence.delegation.user.subject),
        "agent": encoded(str(evidence.hops[-1].agent.ref)) if evidence.hops else "",
        "chain": chain_text(evidence),
        "policy": "" if policy is None else str(policy),
        "rule": rule,
    }
    return {name: value for name, value in known.items() if value}


FALLBACK = encode(Decision(Ruling.DENY, Reason.INTERNAL_ERROR, "the decision could not be made", Evidence()), _NIL_ID)
"""The denial for when everything else fails: built once, so that sending it can fail at nothing."""
