"""Attacks on delegation: chains forged, cut, reordered, spliced, revived; each with the reason it must get."""

from collections.abc import Iterator, Mapping
from itertools import permutations
from typing import Any

from accredit_extauthz.model.reason import Reason
from adversary.case import Case
from adversary.chain_cuts import REF_OF_THIEF, cuts, revoked
from adversary.chain_world import CHAIN, PARTNER, agents, principal, seen, subject
from adversary.forge import forge_of
from adversary.hidden import LOOK_ALIKES
from adversary.tokens import FORGE, bearing

_PARTNER = forge_of(PARTNER)


def act(*root_first: str | Mapping[str, Any]) -> Any:
    """The nested `act` of these actors, subjects or whole objects; `...`, which is no claim, of none."""
    found: Any = ...
    for actor in root_first:
        stated = {"sub": actor} if isinstance(actor, str) else dict(actor)
        found = stated | ({} if found is ... else {"act": found})
    return found


def chain(name: str, reason: Reason, *names: str, world: Any = None, peer: str = "", **claims: Any) -> Case:
    """A request through the agents of these names, root first."""
    token = FORGE.token(act=act(*map(subject, names)), **claims)
    return Case(name, reason, world or seen(), bearing(token, principal=peer or principal(names[-1])))


def _reordered() -> Iterator[Case]:
    """Every order, and every part, of a granted chain but those that are granted too."""
    for order in permutations(CHAIN):
        if order != CHAIN:
            yield chain(f"reordered: {' > '.join(order)}", Reason.EDGE_NOT_GRANTED, *order)
    yield chain("the root cut off", Reason.ACTS_FOR_NOT_GRANTED, "worker", "checker")
    yield chain("the middle cut out", Reason.EDGE_NOT_GRANTED, "planner", "checker")
    yield chain("the last alone", Reason.ACTS_FOR_NOT_GRANTED, "checker")
    yield chain("the middle alone", Reason.ACTS_FOR_NOT_GRANTED, "worker")


def _cyclic() -> Iterator[Case]:
    for name in CHAIN:
        yield chain(f"{name} after itself", Reason.CHAIN_CYCLE, name, name)
        yield chain(f"back to {name}", Reason.CHAIN_CYCLE, name, "worker" if name != "worker" else "planner", name)
    yield chain("round and round", Reason.CHAIN_TOO_LONG, *("planner", "worker") * 4)
    yield chain("an agent by two of its names", Reason.CHAIN_CYCLE, "planner", "alias")


def _too_long() -> Iterator[Case]:
    yield chain("one hop more than its last agent takes", Reason.CHAIN_TOO_LONG, "planner", "clerk")
    yield chain("two hops more", Reason.CHAIN_TOO_LONG, "planner", "worker", "clerk")
    for hops in (5, 9, 30):
        yield chain(f"{hops} hops", Reason.CHAIN_TOO_LONG, *("planner", "worker", "checker") * (hops // 3), "checker")


def _spliced() -> Iterator[Case]:
    yield chain("another user's agent at the root", Reason.ACTS_FOR_NOT_GRANTED, "carols")
    yield chain("another user's agent, and on to ours", Reason.EDGE_NOT_GRANTED, "carols", "worker")
    yield chain("another user with our chain", Reason.ACTS_FOR_NOT_GRANTED, *CHAIN, sub="mallory")
    yield chain("another case of the user", Reason.ACTS_FOR_NOT_GRANTED, *CHAIN, sub="Alice")
    yield chain("a look-alike of the user", Reason.ACTS_FOR_NOT_GRANTED, *CHAIN, sub="\u0430lice")
    yield chain("a user as a pattern", Reason.ACTS_FOR_NOT_GRANTED, *CHAIN, sub=".*")
    yield chain("a user as a star", Reason.ACTS_FOR_NOT_GRANTED, *CHAIN, sub="*")
    yield chain("a group as one text", Reason.ACTS_FOR_NOT_GRANTED, "sellers", sub="mallory", groups="sales")
    yield chain("another case of the group", Reason.ACTS_FOR_NOT_GRANTED, "sellers", sub="mallory", groups=["Sales"])
    yield chain(
        "a group that overflowed", Reason.ACTS_FOR_NOT_GRANTED, "sellers", sub="m", _claim_names={"groups": "x"}
    )
    yield chain("another tenant", Reason.TENANT_MISMATCH, "tenants", org_id="globex")
    yield chain("no tenant", Reason.TENANT_MISMATCH, "tenants")
    yield chain("another case of the tenant", Reason.TENANT_MISMATCH, "tenants", org_id="ACME")
    yield chain("a tenant among several", Reason.TENANT_MISMATCH, "tenants", org_id=["acme", "globex"])
    yield chain("an edge of one side alone, across namespaces", Reason.EDGE_NOT_GRANTED, "planner", "loner")
    yield chain("an agent that lists its granter, unlisted by it", Reason.EDGE_NOT_GRANTED, "planner", "intruder")
    yield chain("the user inside its own chain", Reason.USER_INVALID, "planner", "alice", "worker")


def _of_other_issuers() -> Iterator[Case]:
    """One issuer's subjects in another's token."""
    ours, theirs = {"iss": FORGE.issuer}, {"iss": PARTNER.issuer}
    yield _presented("our chain in their token", Reason.AGENT_UNKNOWN, _PARTNER.token(act=act(*map(subject, CHAIN))))
    yield _presented(
        "our chain by our name in their token",
        Reason.ACTOR_MALFORMED,
        _PARTNER.token(act=act(*({"sub": subject(name)} | ours for name in CHAIN))),
    )
    for index, name in enumerate(CHAIN):
        actors = [{"sub": subject(each)} | (theirs if each == name else {}) for each in CHAIN]
        yield _presented(f"hop {index + 1} by their name", Reason.AGENT_UNKNOWN, FORGE.token(act=act(*actors)))
        actors = [{"sub": subject(each)} | ({"iss": "https://evil.example"} if each == name else {}) for each in CHAIN]
        yield _presented(f"hop {index + 1} by a stranger's name", Reason.ACTOR_MALFORMED, FORGE.token(act=act(*actors)))
    guest = {"sub": "agent:guest"} | theirs
    yield _presented("their agent for our user", Reason.ACTS_FOR_NOT_GRANTED, FORGE.token(act=act(guest)))
    yield _presented("their agent in the middle", Reason.EDGE_NOT_GRANTED, FORGE.token(act=act("agent:planner", guest)))
    yield _presented("our user in their token", Reason.TOKEN_SIGNATURE, FORGE.token(iss=PARTNER.issuer))


def _presented(name: str, reason: Reason, token: str) -> Case:
    return Case(name, reason, seen(), bearing(token, principal=principal("checker")))


def _look_alikes() -> Iterator[Case]:
    """Another name that reads alike, at each position."""
    for index, true in enumerate(CHAIN):
        for name, alike in LOOK_ALIKES.items():
            subjects = [subject(each) for each in CHAIN]
            subjects[index] = alike.replace("planner", true)
            if subjects[index] == subject(true):
                continue
            token = FORGE.token(act=act(*subjects))
            yield Case(f"{name} for hop {index + 1}", Reason.AGENT_UNKNOWN, seen(), bearing(token))


def _cut() -> Iterator[Case]:
    """A hop that is cut, in every way, at every position."""
    for cut, (reason, change, revocation) in cuts().items():
        for name in CHAIN:
            world = seen(agents=agents({name: change}), revocations=revocation(name))
            yield chain(f"{name} {cut}", reason, *CHAIN, world=world)


def _revived() -> Iterator[Case]:
    """What was cut stays cut when the agent comes back under its name."""
    for name in CHAIN:
        gone = seen(agents=agents({name: None}))
        yield chain(f"{name} deleted", Reason.AGENT_UNKNOWN, *CHAIN, world=gone)
        again = seen(agents=agents({name: {"created_at": FORGE.now - 10}}))
        yield chain(f"{name} deleted and made again", Reason.AGENT_REVOKED, *CHAIN, world=again)
        claimed = seen(agents=(*agents(), *agents({name: {"ref": REF_OF_THIEF}}, only=name)))
        yield chain(f"{name} claimed by a second agent", Reason.AGENT_INVALID, *CHAIN, world=claimed)


def _descendants() -> Iterator[Case]:
    """A token revoked takes with it all that was exchanged from it; a user revoked takes every chain."""
    for claim in ("jti", "parent_jti", "root_jti"):
        world = seen(revocations=(revoked(token_id="stolen"),))
        yield chain(
            f"a token revoked, known as {claim}", Reason.TOKEN_REVOKED, *CHAIN, world=world, **{claim: "stolen"}
        )
    for name in ("alice", "\u00e9lodie"):
        world = seen(revocations=(revoked(user=name),))
        yield chain(f"user {name} revoked", Reason.USER_REVOKED, *CHAIN, world=world, sub=name)


def _replayed() -> Iterator[Case]:
    """A token in the hands of another workload than its current actor's."""
    for length in (1, 2, 3):
        names = CHAIN[:length]
        holders = [principal(name) for name in (*CHAIN, "carols") if name != names[-1]]
        holders += [principal(names[-1]) + "x", principal(names[-1]).upper(), principal(names[-1])[:-1]]
        holders += [principal(names[-1]).replace("cluster.local", "cluster.loca1"), f"{principal(names[-1])}/"]
        for holder in holders:
            yield chain(f"{names[-1]}'s token held by {holder}", Reason.WORKLOAD_MISMATCH, *names, peer=holder)
        token = FORGE.token(act=act(*map(subject, names)))
        yield Case(f"{names[-1]}'s token without a certificate", Reason.WORKLOAD_MISSING, seen(), bearing(token))


GRANTED: tuple[Case, ...] = tuple(
    chain(f"granted: {' > '.join(names)}", Reason.ALLOWED, *names)
    for names in (("planner",), ("planner", "worker"), CHAIN, ("planner", "robot"), ("clerk",))
)
CHAINS: tuple[Case, ...] = (
    *_reordered(),
    *_cyclic(),
    *_too_long(),
    *_spliced(),
    *_of_other_issuers(),
    *_look_alikes(),
    *_cut(),
    *_revived(),
    *_descendants(),
    *_replayed(),
)
