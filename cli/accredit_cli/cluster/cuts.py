"""What `revoke` writes, and how a snapshot shows that it holds it. Pure.

An agent's own object is changed where an agent alone is cut off; anything else is a Revocation. Its name is made of
what it says, so the same command given twice means one object.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from accredit_cli.moments import written
from accredit_cli.resumption import NotSuspended
from accredit_extauthz.contract.names import AgentRef
from accredit_extauthz.contract.snapshot import Snapshot
from accredit_operator.kinds.times import duration_seconds, unix_seconds
from accredit_operator.ports import Document
from accredit_operator.world import Kind

_SPARE_S = 60
_NAME_DIGITS = 12

Holds = Callable[[Snapshot], bool]


@dataclass(frozen=True, slots=True)
class Whom:
    """Whom a Revocation names. None matches all."""

    issuer: str | None = None
    user: str | None = None
    agent: AgentRef | None = None
    token_id: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Which tokens, and until when. Unix seconds; `before` None is every token, `expires_at` None is for good."""

    before: int | None = None
    expires_at: int | None = None
    reason: str | None = None


def suspended(agent: Document) -> Document:
    """Return the agent, suspended."""
    return _with_spec(agent, {"suspended": True})


def cut_before(agent: Document, moment: int) -> Document:
    """Return the agent without the tokens that were issued up to `moment` (Unix seconds). A later cut stays."""
    held = _spec(agent).get("revokedBefore")
    latest = max(moment, unix_seconds(held)) if isinstance(held, str) else moment
    return _with_spec(agent, {"revokedBefore": written(latest)})


def resumed(agent: Document, moment: int) -> Document:
    """Return the agent, live again, without the tokens of before `moment`. Raises NotSuspended."""
    if _spec(agent).get("suspended") is not True:
        raise NotSuspended("the agent is not suspended; nothing was changed")
    return _with_spec(cut_before(agent, moment), {"suspended": False})


def revocation(namespace: str, whom: Whom, span: Span) -> Document:
    """Return the Revocation in `namespace`."""
    agent = None if whom.agent is None else {"name": whom.agent.name, "namespace": whom.agent.namespace}
    members = {
        "issuerRef": None if whom.issuer is None else {"name": whom.issuer},
        "user": whom.user,
        "agent": agent,
        "tokenID": whom.token_id,
        "before": None if span.before is None else written(span.before),
        "expiresAt": None if span.expires_at is None else written(span.expires_at),
        "reason": span.reason,
    }
    spec = {name: value for name, value in members.items() if value is not None}
    return {
        "apiVersion": "accredit.dev/v1alpha1",
        "kind": str(Kind.REVOCATION),
        "metadata": {"namespace": namespace, "name": _name(whom, spec)},
        "spec": spec,
    }


def earliest_end(issuer_spec: Mapping[str, object], before: int) -> int:
    """Return when a Revocation with `before` may end: the last token that it cuts is dead of age by then."""
    lifetime = duration_seconds(str(issuer_spec.get("maxTokenLifetime") or "1h"))
    skew = duration_seconds(str(issuer_spec.get("clockSkew") or "5s"))
    return before + lifetime + skew + _SPARE_S


def agent_held(ref: AgentRef, spec: Mapping[str, object]) -> Holds:
    """Return whether a snapshot cuts the agent off as its spec says, or denies it altogether."""
    wants_suspension, cut = spec.get("suspended") is True, spec.get("revokedBefore")
    moment = unix_seconds(cut) if isinstance(cut, str) else 0

    def holds(snapshot: Snapshot) -> bool:
        record = next((one for one in snapshot.agents if one.ref == ref), None)
        if record is None:
            return False
        is_cut = (record.suspended or not wants_suspension) and (record.revoked_before or 0) >= moment
        return is_cut or not record.valid

    return holds


def revocation_held(document: Document) -> Holds:
    """Return whether a snapshot holds the Revocation."""
    metadata = document["metadata"]
    assert isinstance(metadata, Mapping)
    named = (metadata["namespace"], metadata["name"])
    return lambda snapshot: any((one.namespace, one.name) == named for one in snapshot.revocations)


def _spec(document: Document) -> Mapping[str, object]:
    spec = document.get("spec")
    return spec if isinstance(spec, Mapping) else {}


def _with_spec(document: Document, changes: Mapping[str, object]) -> Document:
    return {**document, "spec": {**_spec(document), **changes}}


def _name(whom: Whom, spec: Mapping[str, object]) -> str:
    about = "token" if whom.token_id else "user" if whom.user else "agent"
    said = {name: value for name, value in spec.items() if name != "reason"}
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
    return f"revoked-{about}-{digest[:_NAME_DIGITS]}"
