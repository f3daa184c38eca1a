"""What the compiler says about each object: one verdict, with every problem found and what to write instead."""

from collections.abc import Iterable
from dataclasses import dataclass

from accredit_operator.conditions import Condition, Status
from accredit_operator.world import ConditionReason, Declared, ObjectKey, Origin, Problem

__all__ = ["ConditionReason", "Problem", "Verdict", "judge"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an object is accepted, and why. `notes` are problems that narrow it without making it invalid."""

    key: ObjectKey
    generation: int
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()
    conditions: tuple[Condition, ...] = ()  # beside Accepted: KeysFetched of an issuer
    origin: Origin | None = None
    is_suspended: bool = False
    expires_at: int | None = None  # Unix seconds; of an agent

    @property
    def accepted(self) -> bool:
        """Whether the object was compiled as it is written."""
        return not self.problems

    @property
    def reason(self) -> ConditionReason:
        """The reason of the Accepted condition: that of the first problem."""
        return self.problems[0].reason if self.problems else ConditionReason.ACCEPTED

    @property
    def message(self) -> str:
        """One sentence, `field: what was found; what to write`, for the Accepted condition."""
        said = self.problems or self.notes
        if not said:
            return "compiled"
        prefix = "" if self.problems else "compiled, but "
        return f"{prefix}{said[0]}{f' (and {len(said) - 1} more)' if said[1:] else ''}"

    def accepted_condition(self) -> Condition:
        """Return the Accepted condition."""
        return Condition(
            type="Accepted",
            status=Status.TRUE if self.accepted else Status.FALSE,
            reason=self.reason,
            message=self.message,
            observed_generation=self.generation,
        )

    def readiness(self, now: int) -> tuple[Status, str, str]:
        """Return status, reason and message of the Ready condition, as far as the object itself decides it."""
        if not self.accepted:
            return Status.FALSE, str(self.reason), self.message
        if self.is_suspended:
            return Status.FALSE, "Suspended", "spec.suspended is true: every chain with it is refused"
        if self.expires_at is not None and self.expires_at <= now:
            return Status.FALSE, "Expired", "spec.expiresAt has passed: every chain with it is refused"
        return Status.TRUE, "Ready", self.message


def judge(
    thing: Declared[object],
    problems: Iterable[Problem],
    notes: Iterable[Problem] = (),
    conditions: tuple[Condition, ...] = (),
) -> Verdict:
    """Return the verdict on an object, its structural problems first."""
    return Verdict(
        key=thing.key,
        generation=thing.generation,
        problems=(*thing.problems, *problems),
        notes=tuple(notes),
        conditions=conditions,
        origin=thing.origin,
    )
