"""What a step of the story is made of: who calls what and how, what is edited first, and what must come of it."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from accredit_extauthz.model.reason import Reason

AUDIENCE = "https://mcp.example"


class Sender(enum.Enum):
    """How a call is made."""

    CLIENT = "the official MCP client, newest protocol"
    LEGACY = "the official MCP client, with sessions, as in 2025"
    PLAIN = "one HTTP request"
    BATCH = "one HTTP request with a JSON-RPC batch"
    OTHER_NAME = "one HTTP request whose Mcp-Name header names another tool than its body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a token says. `agents` runs root first; `age_s` is how long ago it was issued."""

    user: str = "alice"
    groups: tuple[str, ...] = ("sales",)
    agents: tuple[str, ...] = ("planner",)
    scopes: tuple[str, ...] = ("tool:crm:read",)
    audience: str = AUDIENCE
    age_s: int = 0
    lifetime_s: int = 600
    tampered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One tool call. `headers` are what a caller adds of its own."""

    tool: str = "contacts.search"
    sender: Sender = Sender.CLIENT
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def arguments(self) -> dict[str, str]:
        """Arguments that the tool accepts."""
        return {
            "contacts.search": {"query": "ada"},
            "contacts.update": {"name": "ada", "entry": "Ada, Paris"},
            "contacts.delete": {"name": "grace"},
        }.get(self.tool, {})


@dataclass(frozen=True, slots=True)
class SetField:
    """Write one field of a manifest; the step's reason then has to come within the demo's limit."""

    file: str
    path: tuple[str, ...]
    value: object


@dataclass(frozen=True, slots=True)
class RevokeBefore:
    """Set an agent's revokedBefore to a moment `ago_s` seconds back."""

    file: str
    ago_s: int


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Replace text in a manifest, which stays YAML."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Spoil:
    """Replace text in a manifest so that the file is no longer YAML; the operator has to complain of it by name."""

    file: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Restore:
    """Put a manifest back as it was when the demo began."""

    file: str


Edit = SetField | RevokeBefore | Rewrite | Spoil | Restore


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One row. With reason `allowed`, the upstream has to see exactly the token's user and agents, and `scopes`."""

    shows: str
    reason: Reason
    token: Token | None = Token()
    call: Call = Call()
    edit: Edit | None = None
    scopes: tuple[str, ...] = ()
