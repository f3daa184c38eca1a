"""Policies on nested hosts and paths, in every standing and mode, and who owns the hosts."""

from random import Random
from typing import Any

from msgspec.structs import replace

from accredit_extauthz.contract.names import IssuerName, PolicyRef, Principal
from accredit_extauthz.contract.snapshot import (
    BaseProtocol,
    CallerKind,
    Grant,
    HostOwner,
    HostTarget,
    Mode,
    PolicyBody,
    PolicyRecord,
    PrincipalTarget,
    Protocol,
    Standing,
    UserScopes,
)
from reference.generated import issuers
from reference.generated.agents import SCOPES, some
from reference.generated.rules import one_user_selector, rules

AUDIENCE = "https://crm.example"
DESTINATION = "spiffe://cluster.local/ns/tools/sa/crm"
GATEWAY = "spiffe://cluster.local/ns/gateways/sa/edge"
PUBLIC = ("/healthz", "/.well-known/x")
HOSTS = ("crm.example", "mcp.example", "*.example", "*.deep.example", "api.deep.example", "crm.tools.svc")

# name, namespace, protocol, (host, path) targets, share of Deny rules, how often it is there
PLACES = (
    ("main", "tools", Protocol.HTTP, (("crm.example", ""), ("crm.tools.svc", "")), 0.2, 0.97),
    ("mcp", "tools", Protocol.MCP, (("mcp.example", "/mcp"), ("mcp.example", "/sse")), 0.2, 0.97),
    ("wide", "tools", Protocol.HTTP, (("*.example", ""),), 0.4, 0.5),
    ("deep", "tools", Protocol.HTTP, (("*.deep.example", ""),), 0.3, 0.4),
    ("nested", "tools", Protocol.HTTP, (("crm.example", "/v1/admin"),), 0.3, 0.4),
    ("mcp-host", "tools", Protocol.MCP, (("mcp.example", ""),), 0.5, 0.3),
    ("api", "research", Protocol.HTTP, (("api.deep.example", "/v1"),), 0.2, 0.5),
)


def callers(rng: Random) -> tuple[CallerKind, ...]:
    both = (CallerKind.DELEGATED, CallerKind.USER)
    return rng.choice([(CallerKind.DELEGATED,), both, both, both, (CallerKind.USER,)])


def mode(rng: Random) -> Mode:
    return rng.choices([Mode.ENFORCE, Mode.AUDIT, Mode.DISABLED], [70, 25, 3])[0]


def settings(rng: Random) -> dict[str, Any]:
    grants = tuple(
        Grant(users=one_user_selector(rng), scopes=some(rng, SCOPES, 1, 6)) for _ in range(rng.randint(0, 3))
    )
    return {
        "mode": mode(rng),
        "issuers": tuple(IssuerName(name) for name in issuers.NAMES if rng.random() < 0.8),
        "audiences": rng.choice([(AUDIENCE,), (AUDIENCE, issuers.OTHER_AUDIENCE)]),
        "callers": callers(rng),
        "require_workload": rng.random() < 0.04,
        "max_staleness_s": rng.choice([0, 0, 30]),
        "user_scopes": rng.choice([UserScopes.TOKEN, UserScopes.TOKEN, UserScopes.GRANTS]),
        "login_scopes": rng.choice([("openid",), ("openid", "x.y"), ()]),
        "grants": grants,
        "public_paths": rng.choice([(), PUBLIC]),
        "base_protocol": rng.choice([BaseProtocol.ALLOW, BaseProtocol.ALLOW, BaseProtocol.RULES]),
    }


def record(rng: Random, place: Any) -> PolicyRecord:
    name, namespace, protocol, targets, denies, _ = place
    invalid = rng.random() < 0.02
    standing = Standing.INVALID if invalid or rng.random() < 0.01 else Standing.GOVERNS
    return PolicyRecord(
        ref=PolicyRef(namespace, name),
        generation=1,
        targets=tuple(HostTarget(host=host, path=path, standing=standing) for host, path in targets),
        body=None if invalid else PolicyBody(protocol=protocol, rules=rules(rng, protocol, denies), **settings(rng)),
    )


def twin(rng: Random, first: PolicyRecord, name: str) -> PolicyRecord:
    """A policy on the same target that agrees with the first in all but rules."""
    assert first.body is not None
    body = replace(first.body, rules=rules(rng, first.body.protocol, 0.3))
    return PolicyRecord(ref=PolicyRef("tools", name), targets=first.targets[:1], body=body)


def conflicted(rng: Random, first: PolicyRecord) -> PolicyRecord:
    """A later policy on the same target that differs: Deny rules only, there; it may govern elsewhere."""
    assert first.body is not None
    changes = settings(rng)
    targets = [HostTarget(host=each.host, path=each.path, standing=Standing.DENIES_ONLY) for each in first.targets[:1]]
    body = PolicyBody(protocol=first.body.protocol, rules=rules(rng, first.body.protocol, 0.6), **changes)
    return PolicyRecord(ref=PolicyRef("tools", "late"), targets=tuple(targets), body=body)


def sidecar(rng: Random) -> PolicyRecord:
    protocol = rng.choice(list(Protocol))
    body = PolicyBody(protocol=protocol, rules=rules(rng, protocol, 0.2), **settings(rng))
    target = PrincipalTarget(principal=Principal(DESTINATION), standing=Standing.GOVERNS)
    return PolicyRecord(ref=PolicyRef("tools", "sidecar"), targets=(target,), body=body)


def records(rng: Random) -> tuple[PolicyRecord, ...]:
    """Of the places, some; of what is sound, at least one."""
    found = [record(rng, place) for place in PLACES if rng.random() < place[-1]]
    sound = [each for each in found if each.body is not None and each.targets[0].standing is Standing.GOVERNS]
    if not any(each.body is not None and each.body.issuers for each in found):
        return records(rng)
    if sound and rng.random() < 0.5:
        found.append(twin(rng, rng.choice(sound), rng.choice(["twin", "aaa"])))
    if sound and rng.random() < 0.4:
        found.append(conflicted(rng, rng.choice(sound)))
    if rng.random() < 0.6:
        found.append(sidecar(rng))
    rng.shuffle(found)
    return tuple(found)


def owners(rng: Random) -> tuple[HostOwner, ...]:
    """`research` owns one host beneath the wildcard of `tools`; sometimes nobody owns the wildcard."""
    found = [HostOwner(pattern="*.example", namespace="tools"), HostOwner(pattern="crm.tools.svc", namespace="tools")]
    if rng.random() < 0.7:
        found.append(HostOwner(pattern="api.deep.example", namespace="research"))
    else:
        found.append(HostOwner(pattern="*.deep.example", namespace=rng.choice(["tools", "research"])))
    return tuple(found)
