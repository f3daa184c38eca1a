"""A whole world: issuers, agents, policies, revocations, and where the data plane stands."""

from dataclasses import dataclass
from random import Random
from typing import Any

from msgspec.structs import replace

from accredit_extauthz.contract.names import AgentRef, IssuerName
from accredit_extauthz.contract.snapshot import RevocationRecord, Snapshot
from accredit_extauthz.decide.view import Deployment
from fakes.issuer import NOW
from reference.generated import agents, issuers, policies


@dataclass(frozen=True)
class World:
    snapshot: Snapshot
    deployment: Deployment


def subjects_of_revocation(rng: Random) -> tuple[str | None, AgentRef | None, str | None]:
    """User, agent, token: at least one of them."""
    user = rng.choice([None, *agents.USERS])
    agent = rng.choice([None, *agents.REFS])
    token = rng.choice([None, None, "t-1", "t-2", "root-1"])
    return (user, agent, token) if user or agent or token else ("alice", None, None)


def revocation(rng: Random, index: int) -> RevocationRecord:
    user, agent, token = subjects_of_revocation(rng)
    needs_issuer = user is not None or token is not None
    issuer = rng.choice([*issuers.NAMES, "gone"]) if needs_issuer or rng.random() < 0.3 else None
    before = None if token else rng.choice([None, NOW - 3600, NOW - 71, NOW - 15, NOW - 11, NOW - 10])
    return RevocationRecord(
        namespace=rng.choice(["tools", "research", "ops", "accredit-system"]),
        name=f"r{index}",
        everywhere=rng.random() < 0.4,
        issuer=IssuerName(issuer) if issuer else None,
        user=user,
        agent=agent,
        token_id=token,
        before=before,
        expires_at=None if rng.random() < 0.6 else NOW + rng.choice([-10, 7200]),
    )


def aimed(rng: Random, seen: World, claims: dict[str, Any]) -> World:
    """The same world with a revocation of something that the token says."""
    found = revocation(rng, 99)
    chain = [ref for ref in agents.REFS if agents.subject(ref) in str(claims)]
    act = claims["act"] if isinstance(claims.get("act"), dict) else {}
    user, token = rng.choice([claims.get("sub"), act.get("sub", "bob")]), claims.get("jti")
    iss = rng.choice([claims.get("iss"), act.get("iss", claims.get("iss")), issuers.url(rng.choice(issuers.NAMES))])
    user, agent, token = rng.choice(
        [(user, None, None), (None, rng.choice(chain or agents.REFS), None), (None, None, token)]
    )
    named = replace(
        found,
        everywhere=rng.random() < 0.7,
        issuer=IssuerName(str(iss)[len("https://") : -len(".example")]),
        user=user if isinstance(user, str) else None,
        agent=agent,
        token_id=token if isinstance(token, str) else None,
        before=None if token else found.before,
    )
    return World(replace(seen.snapshot, revocations=(*seen.snapshot.revocations, named)), seen.deployment)


def world(rng: Random) -> World:
    count = rng.choice([0, 0, 0, 0, 1, 2, 3])
    snapshot = Snapshot(
        sequence=1,
        digest="sha256:0",
        issuers=issuers.records(rng),
        owners=policies.owners(rng),
        agents=agents.records(rng),
        policies=policies.records(rng),
        revocations=tuple(revocation(rng, index) for index in range(count)),
    )
    return World(snapshot, Deployment(gateway_identities=frozenset({policies.GATEWAY}), max_body=2048))
