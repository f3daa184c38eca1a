"""Which policies a request meets (api.md §1: Combining, Which target, Who owns a host)."""

from dataclasses import dataclass

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


Match = tuple[tuple[bool, int, int], Standing, PolicyRecord]  # how specific, worth what, which


def host_matches(call: Call, snapshot: Snapshot) -> list[Match]:
    """What the host's owner placed at or above the request; most specific first, then by name."""
    owned_by = owner(call.host, snapshot)
    found = [
        (specificity(target.host, target.path), target.standing, policy)
        for policy in snapshot.policies
        if policy.ref.namespace == owned_by
        for target in policy.targets
        if isinstance(target, HostTarget) and covers(target.host, call.host) and is_beneath(call.path, target.path)
    ]
    return sorted(found, key=lambda match: ([-int(n) for n in match[0]], match[2].ref))


def principal_matches(call: Call, snapshot: Snapshot) -> list[Match]:
    found = [
        ((True, 0, 0), target.standing, policy)
        for policy in snapshot.policies
        for target in policy.targets
        if isinstance(target, PrincipalTarget) and target.principal == call.destination
    ]
    return sorted(found, key=lambda match: match[2].ref)


def rules(policies: list[PolicyRecord], effect: Effect) -> list[tuple[PolicyRef, Rule]]:
    found = []
    for policy in policies:
        assert policy.body is not None
        found += [(policy.ref, rule) for rule in policy.body.rules if rule.effect is effect]
    return found


def once(policies: list[PolicyRecord]) -> list[PolicyRecord]:
    """A policy counts once, however many of its targets match."""
    return list({policy.ref: policy for policy in policies}.values())


def check_standing(policies: list[tuple[Standing, PolicyRecord]]) -> None:
    """What is invalid or disabled denies at its target and beneath it; invalid comes first."""
    if any(standing is Standing.INVALID or policy.body is None for standing, policy in policies):
        raise Denied(Reason.POLICY_INVALID)
    if any(policy.body is not None and policy.body.mode is Mode.DISABLED for _, policy in policies):
        raise Denied(Reason.POLICY_DISABLED)


def met(governing: list[PolicyRecord], denying: list[PolicyRecord]) -> Met:
    """The settings of the first that governs, the Allow rules of all that do, the Deny rules of all that reach it."""
    if not governing or governing[0].body is None:
        raise Denied(Reason.NO_POLICY)
    body, deny = governing[0].body, rules(denying, Effect.DENY)
    if body.protocol is Protocol.HTTP and any(rule.mcp is not None for _, rule in deny):
        raise Denied(Reason.POLICY_INVALID)
    namespaces = frozenset(each.ref.namespace for each in governing)
    return Met(governing[0].ref, namespaces, body, rules(governing, Effect.ALLOW), deny)


def placed(matches: list[Match]) -> Met:
    """The policies on the most specific target govern; less specific ones deny, unless they only observe."""
    if not matches:
        raise Denied(Reason.NO_POLICY)
    check_standing([(standing, policy) for _, standing, policy in matches])
    best = matches[0][0]
    governing = [policy for level, standing, policy in matches if level == best and standing is Standing.GOVERNS]
    denying = [policy for level, _, policy in matches if level == best or policy.body.mode is not Mode.AUDIT]
    return met(once(governing), once(denying))


def pinned(policy: PolicyRecord, matches: list[Match]) -> Met:
    """It governs alone, plus the Deny rules of what stands on the host."""
    others = [(standing, other) for _, standing, other in matches if other.ref != policy.ref]
    check_standing([(Standing.GOVERNS, policy), *others])
    return met([policy], once([policy, *(other for _, other in others if other.body.mode is not Mode.AUDIT)]))


def resolve(call: Call, snapshot: Snapshot, trust_domain: str, gateways: frozenset[str]) -> Met:
    """The first signal present is final: the context extension, a destination that is no gateway, the host."""
    ours = {name: value for name, value in call.extensions.items() if name.startswith(PREFIX)}
    if ours.keys() - {PIN}:
        raise Denied(Reason.NO_POLICY)
    if PIN in ours:
        named = [policy for policy in snapshot.policies if str(policy.ref) == ours[PIN]]
        owned_by = owner(call.host, snapshot)
        if not named or owned_by not in (None, named[0].ref.namespace):
            raise Denied(Reason.NO_POLICY)
        return pinned(named[0], host_matches(call, snapshot))
    if call.destination.startswith(f"spiffe://{trust_domain}/") and call.destination not in gateways:
        return placed(principal_matches(call, snapshot))
    return placed(host_matches(call, snapshot))
