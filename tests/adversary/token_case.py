"""A token that a strict verifier must refuse, made afresh with whatever key and time it is asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from accredit_extauthz.decide.view import View
from accredit_extauthz.model.reason import Reason
from adversary.forge import Forge


@dataclass(frozen=True)
class TokenCase:
    """`make` returns the token. `seen` None: the plain world of any deployment, so it can be replayed anywhere."""

    clause: str
    name: str
    reason: Reason
    make: Callable[[Forge], str]
    seen: View | None = None

    def __str__(self) -> str:
        return f"{self.clause}: {self.name}"


def from_claims(clause: str, reason: Reason, rows: Mapping[str, Mapping[str, Any]]) -> list[TokenCase]:
    """A case for each row of changed claims."""
    return [
        TokenCase(clause, name, reason, lambda forge, claims=claims: forge.token(**claims))
        for name, claims in rows.items()
    ]


def from_headers(clause: str, reason: Reason, rows: Mapping[str, Mapping[str, Any]]) -> list[TokenCase]:
    """A case for each row of changed header members."""
    return [
        TokenCase(clause, name, reason, lambda forge, header=header: forge.token(header))
        for name, header in rows.items()
    ]


def from_forge(clause: str, reason: Reason, rows: Mapping[str, Callable[[Forge], str]]) -> list[TokenCase]:
    """A case for each way of making a token."""
    return [TokenCase(clause, name, reason, make) for name, make in rows.items()]
