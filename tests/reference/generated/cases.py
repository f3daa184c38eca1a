"""Case after case: a world for a while, and requests of which about a third are allowed."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from accredit_extauthz.contract.snapshot import Snapshot
from accredit_extauthz.model.call import Call
from reference import decision
from reference.generated import benign, bent_bytes, bent_messages, bent_requests, bent_tokens
from reference.generated.draft import Draft
from reference.generated.worlds import World, aimed, world

CALLS_IN_A_WORLD = 12
ATTEMPTS = 10


@dataclass(frozen=True)
class Case:
    world: World
    snapshot: Snapshot | None
    call: Call
    moment: decision.Moment


def is_allowed(made: Draft, seen: World) -> bool:
    verdict = decision.decide(made.call(), seen.snapshot, moment(made), seen.deployment)
    return verdict.ruling != "deny"


def moment(made: Draft) -> decision.Moment:
    return decision.Moment(made.now, made.view_age_s)


def hopeful(rng: Random, seen: World) -> Draft:
    """The first of a few requests that the reference allows, else the last."""
    made = benign.draft(rng, seen)
    for _ in range(ATTEMPTS):
        if is_allowed(made, seen):
            break
        made = benign.draft(rng, seen)
    return made


def bend(made: Draft, rng: Random) -> None:
    speaks_mcp = isinstance(made.message, dict) and "jsonrpc" in made.message
    on_request = bent_requests.CHANGES + (bent_messages.CHANGES * 3 if speaks_mcp else ())
    on_token = bent_tokens.CHANGES + bent_bytes.CHANGES
    for _ in range(rng.choice([0, 0, 1, 1, 1, 1, 1, 2])):
        change = rng.choice(on_request if rng.random() < 0.45 else on_token)
        change(made, rng)


def cases(seed: int) -> Iterator[Case]:
    """Endless, and the same for the same seed."""
    rng = Random(seed)
    while True:
        seen = world(rng)
        for _ in range(CALLS_IN_A_WORLD):
            made = hopeful(rng, seen) if rng.random() < 0.85 else benign.draft(rng, seen)
            bend(made, rng)
            there = aimed(rng, seen, made.claims) if rng.random() < 0.05 else seen
            snapshot = None if rng.random() < 0.001 else there.snapshot
            yield Case(there, snapshot, made.call(), moment(made))
