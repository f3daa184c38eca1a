"""Case after case: a world for a while, and requests of which about a third are allowed."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from accredit_extauthz.contract.snapshot import Snapshot
from accredit_extauthz.model.call import Call
from reference import decision
from reference.generated import benign, bent_requests, bent_tokens
from reference.generated.draft import Draft
from reference.generated.worlds import World, world

CALLS_IN_A_WORLD = 12
ATTEMPTS = 6


@dataclass(frozen=True)
class Case:
    world: World
    snapshot: Snapshot | None
    call: Call
    now: int
    view_age_s: int


def is_allowed(made: Draft, seen: World) -> bool:
    verdict = decision.decide(made.call(), seen.snapshot, made.now, made.view_age_s, seen.deployment)
    return verdict.ruling != "deny"


def hopeful(rng: Random, seen: World) -> Draft:
    """The first of a few requests that the reference allows, else the last."""
    made = benign.draft(rng, seen)
    for _ in range(ATTEMPTS):
        if is_allowed(made, seen):
            break
        made = benign.draft(rng, seen)
    return made


def bend(made: Draft, rng: Random) -> None:
    on_request = bent_requests.ON_ALL + (bent_requests.ON_MCP * 2 if "/mcp" in made.path else ())
    for _ in range(rng.choice([0, 0, 1, 1, 1, 1, 2, 3])):
        change = rng.choice(on_request if rng.random() < 0.45 else bent_tokens.CHANGES)
        change(made, rng)


def cases(seed: int) -> Iterator[Case]:
    """Endless, and the same for the same seed."""
    rng = Random(seed)  # noqa: S311 cases, no secrets
    while True:
        seen = world(rng)
        for _ in range(CALLS_IN_A_WORLD):
            made = hopeful(rng, seen) if rng.random() < 0.85 else benign.draft(rng, seen)
            bend(made, rng)
            snapshot = None if rng.random() < 0.001 else seen.snapshot
            yield Case(seen, snapshot, made.call(), made.now, made.view_age_s)
