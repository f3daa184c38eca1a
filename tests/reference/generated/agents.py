"""Six agents in two namespaces, mostly well."""

from random import Random
from typing import Any

from accredit_extauthz.contract.names import AgentRef, IssuerName, Principal
from accredit_extauthz.contract.snapshot import ActsFor, AgentRecord, Identity
from fakes.issuer import NOW
from reference.generated import issuers

REFS = tuple(AgentRef("research", name) for name in ("a", "b", "c", "ab")) + (
    AgentRef("ops", "a"),
    AgentRef("ops", "d"),
)
SCOPES = ("crm:read", "crm:write", "crm", "jira/issue", "jira/admin", "openid", "x.y", "crm:*")
CEILINGS = ("crm:*", "jira/*", "crm:read", "crm:write", "crm", "openid", "x.*", "x.y", "jira/issue")
USERS = ("alice", "bob", "élodie")
GROUPS = ("sales", "support")
TENANTS = ("acme", "other")
PEERS = tuple(f"spiffe://cluster.local/ns/research/sa/{name}" for name in ("a", "b")) + (
    "spiffe://far.example/ns/x/sa/a",
)


def subject(ref: AgentRef) -> str:
    return f"agent:{ref.namespace}/{ref.name}"


def some(rng: Random, pool: Any, low: int, high: int) -> tuple[Any, ...]:
    return tuple(sorted(rng.sample(list(pool), rng.randint(low, min(high, len(pool))))))


def acts_for(rng: Random) -> ActsFor | None:
    if rng.random() < 0.1:
        return None
    tenants = rng.choice([None, None, TENANTS, ("acme",), ()]) if rng.random() < 0.5 else None
    if rng.random() < 0.6:
        return ActsFor(any_user=True, tenants=tenants)
    return ActsFor(users=some(rng, USERS, 0, 3), groups=some(rng, GROUPS, 0, 2), tenants=tenants)


def switches(rng: Random) -> dict[str, Any]:
    rare = rng.random
    return {
        "valid": rare() > 0.03,
        "suspended": rare() < 0.04,
        "revoked_before": NOW + rng.choice([-3600, -71, -70, -15, -10, 5]) if rare() < 0.08 else None,
        "created_at": NOW + rng.choice([-3600, -11, -10, -9]) if rare() < 0.08 else None,
        "expires_at": NOW + rng.choice([-1, 0, 1, 3600]) if rare() < 0.08 else None,
    }


def record(ref: AgentRef, rng: Random) -> AgentRecord:
    named_by = [name for name in issuers.NAMES if rng.random() < 0.85]
    return AgentRecord(
        ref=ref,
        labels=rng.choice([{}, {"tier": "gold"}, {"tier": "gold", "team": "x"}]),
        identities=tuple(Identity(issuer=IssuerName(name), subject=subject(ref)) for name in named_by),
        workloads=tuple(Principal(peer) for peer in some(rng, PEERS[:2], 0, 2)) if rng.random() < 0.2 else None,
        scopes=() if rng.random() < 0.04 else some(rng, CEILINGS, 3, 9),
        acts_for=acts_for(rng),
        delegates_to=tuple(other for other in REFS if rng.random() < 0.7),
        delegates_from=tuple(other for other in REFS if rng.random() < 0.7),
        max_chain_length=rng.choice([1, 2, 3, 4, 4, 8]),
        **switches(rng),
    )


def records(rng: Random) -> tuple[AgentRecord, ...]:
    return tuple(record(ref, rng) for ref in REFS[: rng.randint(4, 6)])
