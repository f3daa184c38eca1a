"""The one way to say no: raise a Refusal."""

from typing import NoReturn

from accredit_extauthz.model.reason import Reason

_SHOWN = 64


class Refusal(Exception):
    """One Reason and one sentence: lower case, no full stop, what was found and what to do.

    The sentence names objects and limits, never token text, and what the sender chose only through `shown`.
    """

    __slots__ = ("message", "reason")

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message


def refuse(reason: Reason, message: str) -> NoReturn:
    """Raise a Refusal."""
    raise Refusal(reason, message)


def shown(text: str) -> str:
    """Return what a sender chose in a form that is safe to print: escaped, quoted, cut at 64 characters."""
    cut = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return ascii(cut) if not cut.isprintable() else f"'{cut}'"
