"""The real decision beside the reference's."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from accredit_extauthz.decide.decide import decide
from accredit_extauthz.decide.view import View, build
from accredit_extauthz.model.decision import Decision
from accredit_extauthz.model.reason import Reason
from reference import decision
from reference.generated.cases import Case, cases
from reference.verdict import Found, Verdict

# What a decision can end in; the other two are the shell's.
REACHABLE = frozenset(Reason) - {Reason.AUDIT_UNAVAILABLE, Reason.INTERNAL_ERROR}


@dataclass(frozen=True)
class Disagreement:
    """A case found again by its seed and its index, and what each side says of it."""

    seed: int
    index: int
    case: Case
    wanted: Verdict
    given: Decision

    def __str__(self) -> str:
        found = found_by(self.given)
        return (
            f"seed {self.seed}, case {self.index}: {self.case.call}\n"
            f"  reference: {self.wanted.ruling} {self.wanted.reason} {self.wanted.found}\n"
            f"  decide:    {self.given.ruling} {self.given.reason} {found} ({self.given.message})"
        )


@dataclass
class Tally:
    """Reasons met, rulings met, and every case on which the two disagree."""

    reasons: Counter[Reason] = field(default_factory=Counter)
    rulings: Counter[str] = field(default_factory=Counter)
    disagreements: list[Disagreement] = field(default_factory=list)

    def shown(self) -> str:
        """The first few disagreements."""
        return "\n".join(str(each) for each in self.disagreements[:3])


def found_by(given: Decision) -> Found:
    seen = given.evidence
    return Found(seen.effective_scopes, seen.rule, tuple(hop.agent.ref for hop in seen.hops))


def is_same(wanted: Verdict, given: Decision) -> bool:
    """Ruling, reason, effective scopes, rule and chain."""
    return (wanted.ruling, wanted.reason, wanted.found) == (given.ruling.value, given.reason, found_by(given))


def views(stream: Iterator[Case]) -> Iterator[tuple[Case, View | None]]:
    """Each case with the view of its world, which is built once for all requests to it in a row."""
    world, view = None, None
    for case in stream:
        if case.world is not world:
            world, view = case.world, build(case.world.snapshot, case.world.deployment)
        yield case, view if case.snapshot is not None else None


def compare(seed: int, count: int) -> Tally:
    """Judge `count` cases twice."""
    tally = Tally()
    for index, (case, view) in enumerate(views(islice(cases(seed), count))):
        wanted = decision.decide(case.call, case.snapshot, case.moment, case.world.deployment)
        given = decide(case.call, view, case.moment.now, case.moment.view_age_s)
        tally.reasons[given.reason] += 1
        tally.rulings[given.ruling.value] += 1
        if not is_same(wanted, given):
            tally.disagreements.append(Disagreement(seed, index, case, wanted, given))
    return tally
