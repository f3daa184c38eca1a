"""Whether a refusal denies or is only noted: Audit mode notes some, and goes on to every later step."""

from types import TracebackType
from typing import Self

from accredit_extauthz.contract.snapshot import Mode
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import Refusal, Verdict, refuse

# What an Audit-mode policy lets pass and notes. Everything else is enforced in every mode.
NOTABLE = frozenset(
    {
        Reason.ACTOR_MISSING,
        Reason.ACTS_FOR_NOT_GRANTED,
        Reason.EDGE_NOT_GRANTED,
        Reason.SCOPE_MISSING,
        Reason.SCOPE_EXCEEDS_USER,
        Reason.SCOPE_EXCEEDS_AGENT,
        Reason.TOOL_NOT_LISTED,
        Reason.RULE_DENIED,
    }
)


class Docket:
    """Wraps the steps whose refusals may be noted: `with docket: step()`. Keeps the first one noted.

    In every mode but Audit, and for every reason that is not NOTABLE, the refusal goes through.
    """

    __slots__ = ("_notes", "noted")

    def __init__(self, mode: Mode) -> None:
        self._notes = mode is Mode.AUDIT
        self.noted: Refusal | None = None

    def judge(self, verdict: Verdict | None) -> None:
        """Note a refusal that was found before, or raise it. Raises what it says."""
        if verdict is not None:
            with self:
                refuse(*verdict)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Refusal) or not self._notes or error.reason not in NOTABLE:
            return False
        self.noted = self.noted or error
        return True
