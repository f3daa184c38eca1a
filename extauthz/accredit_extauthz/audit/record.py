"""One decision as one line of JSON: the audit record, version 1 (docs/audit.md).

It holds what was proved and what was decided. It never holds the token, the values of arguments, or members of `act`
beyond the subjects of the chain. Every text in it is cut, so a line is bounded whatever a sender writes.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from accredit_extauthz.audit.text import cut, cut_all, members
from accredit_extauthz.model.call import Call
from accredit_extauthz.model.decision import Decision, Evidence, Ruling
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.serve.alike import Alike
from accredit_extauthz.serve.occasion import Occasion
from accredit_extauthz.serve.recent import Recent

VERSION = 1
MAX_MIDDLES = 4096
MAX_PARTS = 512  # combinations of snapshot, rule, chain and scopes, whoever the user is

_MAX_PATH = 2048  # characters
_MAX_HOPS = 32
_NS_PER_US = 1_000
_US_PER_S = 1_000_000

_Key = tuple[object, ...]


def encode(decision: Decision, occasion: Occasion, latency_us: int) -> bytes:
    """Return the audit record as one line, newline included. Members keep this order; what is unknown is null."""
    return _joined(decision, occasion, latency_us, _middle(decision, _parts(decision, occasion)))


class Records:
    """Records as `encode` makes them. Allows on the same grounds share their middle, which is encoded once.

    Middles of different users have parts alike, and these are encoded once, too.
    """

    def __init__(self, middles: int = MAX_MIDDLES, parts: int = MAX_PARTS) -> None:
        self._recent: Recent[_Key, tuple[object, bytes]] = Recent(middles)
        self._parts = Alike(_parts_key, _parts, parts)

    def encode(self, decision: Decision, occasion: Occasion, latency_us: int) -> bytes:
        """Return the audit record as one line, newline included."""
        key = _key(decision, occasion)
        if key is None:
            return _joined(decision, occasion, latency_us, _middle(decision, self._parts(decision, occasion)))
        found = self._recent.get(key)
        # An entry holds its grounds, so nothing else can have their id; the comparison makes that certain.
        if found is None or found[0] is not decision.evidence.grounds:
            found = (decision.evidence.grounds, _middle(decision, self._parts(decision, occasion)))
            self._recent.put(key, found)
        return _joined(decision, occasion, latency_us, found[1])


def _key(decision: Decision, occasion: Occasion) -> _Key | None:
    evidence = decision.evidence
    if decision.ruling is not Ruling.ALLOW or decision.reason is not Reason.ALLOWED or evidence.grounds is None:
        return None
    return (id(evidence.grounds), evidence.rule, evidence.required_scopes, occasion.digest, occasion.sequence)


def _joined(decision: Decision, occasion: Occasion, latency_us: int, middle: bytes) -> bytes:
    """Return the line: what tells this request from others before the middle, and after it."""
    evidence, call = decision.evidence, decision.evidence.call
    start = members(
        {
            "v": VERSION,
            "time": _time(occasion.now_ns),
            "decision_id": occasion.decision_id,
            "request_id": cut(call.request_id) or None if call else None,
            "trace_id": cut(call.trace_id) or None if call else None,
        }
    )
    where = b'"target":null,"peer":null' if call is None else _where(*_names_of(call))
    operation = members({"operation": _operation(evidence)})
    return b'{%b,%b,%b,%b,"latency_us":%d}\n' % (start, middle, operation, where, latency_us)


class _Parts(NamedTuple):
    """What records of many users have alike, encoded, the commas between the members included."""

    ruling: bytes  # all before `user`
    chain: bytes  # `agent` and `chain`
    scopes: bytes


def _middle(decision: Decision, parts: _Parts) -> bytes:
    """Return what was decided, and on what grounds."""
    evidence = decision.evidence
    user, token = members({"user": _user(evidence)}), members({"token": _token(evidence)})
    return b",".join((parts.ruling, user, parts.chain, token, parts.scopes))


def _parts_key(decision: Decision, occasion: Occasion) -> _Key | None:
    """Return all that the parts of an allow depend on; None for every other record."""
    evidence = decision.evidence
    delegation, governing = evidence.delegation, evidence.governing
    if decision.ruling is not Ruling.ALLOW or delegation is None or governing is None:
        return None
    return (
        decision.reason,
        decision.message,
        evidence.policy,
        evidence.rule,
        governing.generation,
        governing.body.mode,
        occasion.sequence,
        occasion.digest,
        delegation.scopes,
        evidence.effective_scopes,
        evidence.required_scopes,
        delegation.agents,
        *[hop.agent.ref for hop in evidence.hops],
    )


def _parts(decision: Decision, occasion: Occasion) -> _Parts:
    evidence = decision.evidence
    ruling = {
        "decision": decision.ruling.value,
        "reason": decision.reason.value,
        "message": cut(decision.message),
        "policy": _policy(evidence),
        "snapshot": _snapshot(occasion),
    }
    chain = {"agent": _agent(evidence), "chain": _chain(evidence)}
    return _Parts(members(ruling), members(chain), members({"scopes": _scopes(evidence)}))


@lru_cache(maxsize=4)  # those of a group are one
def _time(now_ns: int) -> str:
    """RFC 3339 in UTC with six digits of fraction; integers all the way, because a float has no microseconds left."""
    seconds, micros = divmod(now_ns // _NS_PER_US, _US_PER_S)
    return f"{_to_the_second(seconds)}.{micros:06d}Z"


def _instant(seconds: int) -> str:
    return f"{_to_the_second(seconds)}Z"


@lru_cache(maxsize=64)
def _to_the_second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:19]  # thrice as fast as strftime


def _snapshot(occasion: Occasion) -> dict[str, object] | None:
    return None if occasion.digest is None else {"sequence": occasion.sequence, "digest": occasion.digest}


def _policy(evidence: Evidence) -> dict[str, object] | None:
    policy, governing = evidence.policy, evidence.governing
    if policy is None:
        return None
    return {
        "namespace": policy.namespace,
        "name": policy.name,
        "rule": _rule(evidence),
        "mode": None if governing is None else governing.body.mode.value,
        "generation": None if governing is None else governing.generation,
    }


def _rule(evidence: Evidence) -> str | None:
    """Name the rule that decided; with its policy before it when that is not the governing one."""
    if evidence.rule is None:
        return None
    policy, name = evidence.rule
    return name if policy == evidence.policy else f"{policy}/{name}"


def _user(evidence: Evidence) -> dict[str, object] | None:
    """Name the user; before the delegation was read, whom the token names, marked while nobody signed for it."""
    delegation, claims, unverified = evidence.delegation, evidence.claims, evidence.unverified_user
    if delegation is not None:
        return {
            "issuer": cut(delegation.user.issuer),
            "subject": cut(delegation.user.subject),
            "email": cut(delegation.email) if delegation.email else None,
            "tenant": cut(delegation.tenant) if delegation.tenant else None,
        }
    if claims is not None:
        return _named_user(claims.issuer, str(claims.claims.get("sub", "")))
    if unverified is not None:
        return _named_user(unverified.issuer, unverified.subject) | {"unverified": True}
    return None


def _named_user(issuer: str, subject: str) -> dict[str, object]:
    return {"issuer": cut(issuer), "subject": cut(subject), "email": None, "tenant": None}


def _agent(evidence: Evidence) -> dict[str, object] | None:
    """Name the current actor, which is known once every hop is."""
    delegation, hops = evidence.delegation, evidence.hops
    if delegation is None or not hops or len(hops) != len(delegation.agents):
        return None
    return {"namespace": hops[-1].agent.ref.namespace, "name": hops[-1].agent.ref.name}


def _chain(evidence: Evidence) -> list[dict[str, object]]:
    agents = evidence.delegation.agents[:_MAX_HOPS] if evidence.delegation else ()
    known = [hop.agent.ref for hop in evidence.hops]
    refs = [*known, *[None] * len(agents)]
    return [
        {
            "issuer": cut(subject.issuer),
            "subject": cut(subject.subject),
            "namespace": None if ref is None else ref.namespace,
            "name": None if ref is None else ref.name,
        }
        for subject, ref in zip(agents, refs, strict=False)
    ]


def _token(evidence: Evidence) -> dict[str, object] | None:
    claims = evidence.claims
    if claims is None:
        return None
    return {
        "id": cut(claims.token_id) if claims.token_id is not None else None,
        "issued_at": _instant(claims.issued_at),
        "expires_at": _instant(claims.expires_at),
        "thumbprint": claims.thumbprint,
    }


def _scopes(evidence: Evidence) -> dict[str, object] | None:
    if evidence.delegation is None:
        return None
    return {
        "token": cut_all(sorted(evidence.delegation.scopes)),
        "effective": cut_all(sorted(evidence.effective_scopes)),
        "required": cut_all(evidence.required_scopes),
    }


def _operation(evidence: Evidence) -> dict[str, object] | None:
    """Say what was asked: in the protocol's words once it was understood, before that as HTTP."""
    operation, call = evidence.operation, evidence.call
    if operation is None:
        return _request_line(call) if call else None
    return {
        "protocol": operation.protocol.value,
        "method": cut(operation.method),
        "tool": cut(operation.name) if operation.name is not None else None,
        "path": cut(operation.path, _MAX_PATH),
        "arguments_digest": operation.arguments_digest,
    }


def _request_line(call: Call) -> dict[str, object]:
    path = cut(call.path, _MAX_PATH)
    return {"protocol": None, "method": cut(call.method), "tool": None, "path": path, "arguments_digest": None}


def _names_of(call: Call) -> tuple[str, str, str, str]:
    return cut(call.host), cut(call.destination), cut(call.peer.principal), cut(call.peer.address)


@lru_cache(maxsize=MAX_PARTS)
def _where(host: str, destination: str, principal: str, address: str) -> bytes:
    """Return `target` and `peer`, which are few."""
    target = {"host": host, "destination": destination or None}
    peer = {"spiffe_id": principal or None, "address": address or None}
    return members({"target": target, "peer": peer})
