"""The answer to one request, with all that response, audit and metrics say of it."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from accredit_extauthz.contract.names import IssuerName, PolicyRef
from accredit_extauthz.model.call import Call
from accredit_extauthz.model.delegation import Delegation, Hop, SignedClaims, Subject
from accredit_extauthz.model.governing import Governing
from accredit_extauthz.model.operation import Operation
from accredit_extauthz.model.reason import Reason


class Ruling(StrEnum):
    """Allow; allow although an Audit-mode policy noted a refusal; or deny."""

    ALLOW = "allow"
    WOULD_DENY = "would_deny"
    DENY = "deny"


class Evidence(msgspec.Struct):
    """What is known of a request so far. The steps of a decision fill it in order; a refusal freezes what it holds.

    `unverified_user` is what the token says of itself; it is kept only until `claims` exists, for the audit record of a
    denial. Everything else was proved by the step that set it.
    """

    call: Call | None = None
    policy: PolicyRef | None = None  # the one that governs, or the one because of which nothing does
    governing: Governing | None = None
    unverified_user: Subject | None = None
    unknown_kid: tuple[IssuerName, str] | None = None  # a `kid` that a usable issuer does not have
    claims: SignedClaims | None = None
    delegation: Delegation | None = None
    hops: tuple[Hop, ...] = ()  # those known so far, root first
    operation: Operation | None = None
    effective_scopes: frozenset[str] = frozenset()
    rule: tuple[PolicyRef, str] | None = None  # the rule that decided: its policy, its name
    required_scopes: tuple[str, ...] = ()
    is_body_read: bool = False  # as a message: `rpc_id` is all that it has to say
    rpc_id: int | str | None = None  # of the JSON-RPC message, when the body is strict JSON; for denials to echo
    extra_headers: Mapping[str, str | None] = {}  # of headers.extra; None = remove
    # What decided, beside the operation and the moment. Allows of the same grounds (the same object), reason and rule
    # tell the upstream the same.
    grounds: object = None


class Decision(msgspec.Struct, frozen=True, gc=False):
    """One ruling, its one Reason, its one sentence (empty for an allow), and the evidence it rests on."""

    ruling: Ruling
    reason: Reason
    message: str
    evidence: Evidence
