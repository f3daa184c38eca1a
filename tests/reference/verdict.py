"""What the reference says of a call, and how it says no."""

from dataclasses import dataclass

from accredit_extauthz.contract.names import AgentRef, PolicyRef
from accredit_extauthz.model.reason import Reason

# api.md §1, Audit mode: what is noted and passed over. All else is enforced.
NOTED_IN_AUDIT = {
    Reason.ACTOR_MISSING,
    Reason.ACTS_FOR_NOT_GRANTED,
    Reason.EDGE_NOT_GRANTED,
    Reason.SCOPE_MISSING,
    Reason.SCOPE_EXCEEDS_USER,
    Reason.SCOPE_EXCEEDS_AGENT,
    Reason.TOOL_NOT_LISTED,
    Reason.RULE_DENIED,
}


class Denied(Exception):
    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class Notes:
    """The first refusal that an Audit-mode policy lets pass; in any other mode a refusal is raised."""

    def __init__(self, is_audit: bool) -> None:
        self.is_audit = is_audit
        self.first: Reason | None = None

    def refuse(self, reason: Reason) -> None:
        if not self.is_audit or reason not in NOTED_IN_AUDIT:
            raise Denied(reason)
        if self.first is None:
            self.first = reason


@dataclass
class Found:
    """What is known so far: effective scopes, the first rule that decided, the chain's known agents, root first."""

    scopes: frozenset[str] = frozenset()
    rule: tuple[PolicyRef, str] | None = None
    chain: tuple[AgentRef, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """Allow, would_deny or deny; the one reason; and what was found on the way to it."""

    ruling: str
    reason: Reason
    found: Found
