"""A Decision as Envoy's CheckResponse. An empty one means "allow" to Envoy, so status OK is written here, once.

`status.code` alone decides; Envoy knows OK and anything else. A denial is UNAUTHENTICATED for HTTP 401 and
PERMISSION_DENIED for every other status, faults included: the HTTP status beside it is what the client gets.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum
from typing import NamedTuple, assert_never

from accredit_extauthz.codec.challenge import challenge
from accredit_extauthz.codec.denial_body import page
from accredit_extauthz.codec.identity_headers import chain_text, encoded, identity_headers
from accredit_extauthz.codec.wire import delimited, entry, overwriting, struct, tag, text, whole
from accredit_extauthz.model.decision import Decision, Evidence, Ruling
from accredit_extauthz.model.headers import (
    AUTHORIZATION,
    DECISION,
    OVERRIDES,
    OWNED,
    REASON,
    USER_EMAIL,
    USER_ISSUER,
    USER_UID,
    spellings,
)
from accredit_extauthz.model.reason import ANSWERS, Reason

_UNAUTHORIZED = 401
_NEVER_PASSED = OWNED | OVERRIDES
_FIRST = (USER_UID, USER_ISSUER, USER_EMAIL)
_NIL_ID = "00000000-0000-0000-0000-000000000000"  # RFC 9562 §5.9

# Fields of CheckResponse, and of what it holds (envoy_subset.proto).
_STATUS, _DENIED_RESPONSE, _OK_RESPONSE, _DYNAMIC_METADATA = tag(1), tag(2), tag(3), tag(4)
_CODE, _MESSAGE = 1, 2  # of a status, Envoy's or HTTP's
_HTTP_STATUS, _HEADERS = tag(1), tag(2)
_BODY = 3  # of a denied response
_REMOVED = 5  # of an OK response


class Code(IntEnum):
    """The gRPC status codes that a CheckResponse carries."""

    OK = 0
    PERMISSION_DENIED = 7
    UNAUTHENTICATED = 16


class Parts(NamedTuple):
    """What an allow says that others say too, encoded."""

    issuer: bytes
    others: bytes  # the headers after those of the user
    removed: bytes
    chain: bytes  # metadata whose names stand before `decision_id`
    grounds: bytes  # metadata between that and `user`


def parts(decision: Decision) -> Parts:
    """Return the parts of an allow that are not its user's alone."""
    told = identity_headers(decision.evidence, decision.reason)
    metadata = _metadata(decision)
    return Parts(
        issuer=_headers(_named(told, (USER_ISSUER,))),
        others=_headers({name: value for name, value in told.items() if name not in _FIRST}),
        removed=b"".join([text(_REMOVED, name) for name in _removed(decision, {*told, DECISION})]),
        chain=struct(_named(metadata, ("agent", "chain", "decision"))),
        grounds=struct(_named(metadata, ("policy", "reason", "rule"))),
    )


def parts_key(decision: Decision) -> tuple[object, ...] | None:
    """Return all that the parts depend on; None where a sender or a claim has a say in them."""
    evidence = decision.evidence
    delegation, governing, call = evidence.delegation, evidence.governing, evidence.call
    if delegation is None or governing is None or call is None or call.spoofed:
        return None
    if governing.body.extra_headers or evidence.extra_headers:
        return None
    return (
        decision.ruling,
        decision.reason,
        delegation.user.issuer,
        bool(delegation.email),
        delegation.tenant,
        evidence.effective_scopes,
        governing.body.forward_token,
        evidence.policy,
        evidence.rule,
        *[hop.agent.ref for hop in evidence.hops],
    )


def encode(decision: Decision, decision_id: str, parts_of: Callable[[Decision], Parts] = parts) -> bytes:
    """Return the answer to Envoy: what the upstream or the client gets, and the decision as dynamic metadata.

    `parts_of` may answer from memory what `parts` answered before for the same `parts_key`.
    """
    match decision.ruling:
        case Ruling.ALLOW | Ruling.WOULD_DENY:
            return _allowed(decision, decision_id, parts_of(decision))
        case Ruling.DENY:
            return _denied(decision, decision_id)
        case never:
            assert_never(never)


def _allowed(decision: Decision, decision_id: str, shared: Parts) -> bytes:
    user = _user(decision)
    named = overwriting(_HEADERS, DECISION, decision_id)
    headers = (user.uid, shared.issuer, user.email, shared.others, named, shared.removed)
    metadata = (shared.chain, entry("decision_id", decision_id), shared.grounds, user.metadata)
    return _reply(Code.OK, "", delimited(_OK_RESPONSE, b"".join(headers)), b"".join(metadata))


def _denied(decision: Decision, decision_id: str) -> bytes:
    status, content_type, body = page(decision, decision_id)
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
    shown = delimited(_HTTP_STATUS, whole(_CODE, status)) + _headers(headers) + text(_BODY, body)
    code = Code.UNAUTHENTICATED if unauthorized else Code.PERMISSION_DENIED
    metadata = struct(_metadata(decision) | {"decision_id": decision_id})
    return _reply(code, decision.reason.value, delimited(_DENIED_RESPONSE, shown), metadata)


def _reply(code: Code, message: str, response: bytes, metadata: bytes) -> bytes:
    """Return a CheckResponse, whose status is always there."""
    status = whole(_CODE, code) + text(_MESSAGE, message)
    return delimited(_STATUS, status) + response + delimited(_DYNAMIC_METADATA, metadata)


def _headers(told: Mapping[str, str]) -> bytes:
    return b"".join([overwriting(_HEADERS, name, value) for name, value in told.items()])


class _User(NamedTuple):
    """What an allow says of its user alone."""

    uid: bytes
    email: bytes
    metadata: bytes


_NOBODY = _User(b"", b"", b"")


def _user(decision: Decision) -> _User:
    delegation = decision.evidence.delegation
    if delegation is None:
        return _NOBODY
    subject = encoded(delegation.user.subject)
    metadata = entry("user", subject) if subject else b""
    if decision.reason is Reason.ALLOWED_PUBLIC or not subject:
        return _User(b"", b"", metadata)
    email = encoded(delegation.email) if delegation.email else ""
    return _User(
        overwriting(_HEADERS, USER_UID, subject), overwriting(_HEADERS, USER_EMAIL, email) if email else b"", metadata
    )


def _named(texts: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    return {name: texts[name] for name in names if name in texts}


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


def _metadata(decision: Decision) -> dict[str, str]:
    """Return what access logs join on but the decision's id; what is unknown is left out.

    Encoded as in the headers: no line is forged.
    """
    evidence = decision.evidence
    policy, rule = evidence.rule or (evidence.policy, "")
    known = {
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
