"""Which policies a request meets (api.md §1: Combining, Which target, Who owns a host)."""

from dataclasses import dataclass
from typing import Any

from accredit_extauthz.contract.names import PolicyRef
from accredit_extauthz.contract.snapshot import (
    Effect,
    HostTarget,
    Mode,
    PolicyBody,
    PolicyRecord,
    PrincipalTarget,
    Protocol,
    Rule,
    Snapshot,
    Standing,
)
from accredit_extauthz.model.call import Call
from accredit_extauthz.model.reason import Reason
from reference.verdict import Denied

PREFIX = "accredit.dev/"
PIN = "accredit.dev/policy"


@dataclass(frozen=True)
class Met:
    """What governs: the settings, whose they are, and the rules with the policies they stand in."""

    policy: PolicyRef
    namespaces: frozenset[str]
    body: PolicyBody
    allow: list[tuple[PolicyRef, Rule]]
    deny: list[tuple[PolicyRef, Rule]]


def covers(pattern: str, host: str) -> bool:
    if pattern.startswith("*."):
        return host.endswith(pattern[1:]) and len(host) > len(pattern) - 1
    return pattern == host


def is_beneath(path: str, prefix: str) -> bool:
    prefix = prefix.rstrip("/")
    return path == prefix or path.startswith(prefix + "/")


def specificity(host: str, path: str) -> tuple[bool, int, int]:
    """Exact host over longest wildcard, then longest path."""
    return (not host.startswith("*."), len(host), len(path))


def owner(host: str, snapshot: Snapshot) -> str | None:
    found = [each for each in snapshot.owners if covers(each.pattern, host)]
    if not found:
        return None
    return max(found, key=lambda each: specificity(each.pattern, "")).namespace


def host_matches(call: Call, snapshot: Snapshot) -> list[tuple[tuple[bool, int, int], Standing, PolicyRecord]]:
    """Every (how specific, standing, policy) at or above the request; most specific first, then by name."""
    owned_by = owner(call.host, snapshot)
    found: list[Any] = []
    for policy in snapshot.policies:
        if policy.ref.namespace != owned_by:
            continue
        for target in policy.targets:
            if isinstance(target, HostTarget) and covers(target.host, call.host) and is_beneath(call.path, target.path):
                found.append((specificity(target.host, target.path), target.standing, policy))
    found.sort(key=lambda match: ([-int(n) for n in match[0]], match[2].ref))
    return found


def principal_matches(call: Call, snapshot: Snapshot) -> list[Any]:
    found: list[Any] = []
    for policy in snapshot.policies:
        for target in policy.targets:
            if isinstance(target, PrincipalTarget) and target.principal == call.destination:
                found.append(((True, 0, 0), target.standing, policy))
    found.sort(key=lambda match: match[2].ref)
    return found


def rules(policies: list[PolicyRecord], effect: Effect) -> list[tuple[PolicyRef, Rule]]:
    found = []
    for policy in policies:
        assert policy.body is not None
        found += [(policy.ref, rule) for rule in policy.body.rules if rule.effect is effect]
    return found


def once(policies: list[PolicyRecord]) -> list[PolicyRecord]:
    """A policy counts once, however many of its targets match."""
    return list({policy.ref: policy for policy in policies}.values())


def combine(matches: list[Any], pinned: PolicyRecord | None) -> Met:
    if pinned is not None and pinned.body is None:
        raise Denied(Reason.POLICY_INVALID)
    if pinned is None and not matches:
        raise Denied(Reason.NO_POLICY)
    if pinned is not None:
        matches = [match for match in matches if match[2].ref != pinned.ref]
    if any(standing is Standing.INVALID or policy.body is None for _, standing, policy in matches):
        raise Denied(Reason.POLICY_INVALID)
    if any(policy.body.mode is Mode.DISABLED for _, _, policy in matches):
        raise Denied(Reason.POLICY_DISABLED)
    best = None if pinned is not None else matches[0][0]
    if pinned is not None:
        governing = [pinned]
    else:
        governing = once([p for level, standing, p in matches if level == best and standing is Standing.GOVERNS])
    if not governing:
        raise Denied(Reason.NO_POLICY)
    governing.sort(key=lambda each: each.ref)
    body = governing[0].body
    assert body is not None
    if body.mode is Mode.DISABLED:
        raise Denied(Reason.POLICY_DISABLED)
    denying = [policy for level, _, policy in matches if level == best or policy.body.mode is not Mode.AUDIT]
    first = [pinned] if pinned is not None else []
    deny = rules(once(first + denying), Effect.DENY)  # most specific first, then by name
    if body.protocol is Protocol.HTTP and any(rule.mcp is not None for _, rule in deny):
        raise Denied(Reason.POLICY_INVALID)
    return Met(
        policy=governing[0].ref,
        namespaces=frozenset(each.ref.namespace for each in governing),
        body=body,
        allow=rules(governing, Effect.ALLOW),
        deny=deny,
    )


def resolve(call: Call, snapshot: Snapshot, trust_domain: str, gateways: frozenset[str]) -> Met:
    """The first signal present is final: the context extension, a destination that is no gateway, the host."""
    ours = {name: value for name, value in call.extensions.items() if name.startswith(PREFIX)}
    if ours.keys() - {PIN}:
        raise Denied(Reason.NO_POLICY)
    if PIN in ours:
        pinned = [policy for policy in snapshot.policies if str(policy.ref) == ours[PIN]]
        owned_by = owner(call.host, snapshot)
        if not pinned or owned_by not in (None, pinned[0].ref.namespace):
            raise Denied(Reason.NO_POLICY)
        return combine(host_matches(call, snapshot), pinned[0])
    if call.destination.startswith(f"spiffe://{trust_domain}/") and call.destination not in gateways:
        return combine(principal_matches(call, snapshot), None)
    return combine(host_matches(call, snapshot), None)
