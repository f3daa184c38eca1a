"""The one way to say no: raise a Refusal."""

from collections.abc import Callable
from typing import NamedTuple, NoReturn, ParamSpec

from accredit_extauthz.model.reason import Reason

P = ParamSpec("P")


class Refusal(Exception):
    """One Reason and one sentence: lower case, no full stop, what was found and what to do.

    The sentence names objects and limits, never token text, and what the sender chose only through `shown`.
    """

    __slots__ = ("message", "reason")

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message


class Verdict(NamedTuple):
    """A Refusal that was found before its turn: `refuse(*verdict)`."""

    reason: Reason
    message: str


def verdict(step: Callable[P, None], *arguments: P.args, **named: P.kwargs) -> Verdict | None:
    """Return what a step refuses with; None where it lets pass."""
    try:
        step(*arguments, **named)
    except Refusal as refusal:
        return Verdict(refusal.reason, refusal.message)
    return None


def refuse(reason: Reason, message: str) -> NoReturn:
    """Raise a Refusal."""
    raise Refusal(reason, message)
