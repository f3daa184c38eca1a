"""The real decision beside the reference's."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from accredit_extauthz.decide.decide import decide
from accredit_extauthz.decide.view import View, build
from accredit_extauthz.model.decision import Decision, Ruling
from reference import decision
from reference.generated.cases import Case, cases
from reference.verdict import Verdict


@dataclass
class Tally:
    """Reasons met, rulings met, and every case on which the two disagree."""

    reasons: Counter[str] = field(default_factory=Counter)
    rulings: Counter[str] = field(default_factory=Counter)
    disagreements: list[tuple[int, Case, Verdict, Decision]] = field(default_factory=list)


def is_same(wanted: Verdict, given: Decision) -> bool:
    """Ruling and reason always; scopes, rule and chain of what was not denied."""
    if (wanted.ruling, wanted.reason) != (given.ruling.value, given.reason):
        return False
    if given.ruling is Ruling.DENY:
        return True
    seen = given.evidence
    hops = tuple(hop.agent.ref for hop in seen.hops)
    return (wanted.scopes, wanted.rule, wanted.chain) == (seen.effective_scopes, seen.rule, hops)


def views(stream: Iterator[Case]) -> Iterator[tuple[Case, View]]:
    """Each case with the view of its world, which is built once."""
    world, view = None, None
    for case in stream:
        if case.world is not world or view is None:
            world, view = case.world, build(case.world.snapshot, case.world.deployment)
        yield case, view


def compare(seed: int, count: int) -> Tally:
    tally = Tally()
    for index, (case, view) in enumerate(views(islice(cases(seed), count))):
        wanted = decision.decide(case.call, case.snapshot, case.now, case.view_age_s, case.world.deployment)
        given = decide(case.call, view if case.snapshot is not None else None, case.now, case.view_age_s)
        tally.reasons[given.reason.value] += 1
        tally.rulings[given.ruling.value] += 1
        if not is_same(wanted, given):
            tally.disagreements.append((index, case, wanted, given))
    return tally
