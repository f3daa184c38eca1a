"""What a token proves, step by step. Each type is built in one place, and only from the one before it.

These values cannot form cycles, so the garbage collector need not visit them: there are tens of thousands.
"""

from collections.abc import Mapping

import msgspec

from accredit_extauthz.contract.names import Issuer
from accredit_extauthz.contract.snapshot import AgentRecord, CallerKind


class Subject(msgspec.Struct, frozen=True, order=True, gc=False):
    """Who, at which issuer. Compared byte for byte; `sub` alone identifies nobody (RFC 7519 §4.1.2)."""

    issuer: Issuer
    subject: str

    def __str__(self) -> str:
        return f"{self.subject} of {self.issuer}"


class Delegation(msgspec.Struct, frozen=True, gc=False):
    """Who asks, through whom. `agents` runs root first, the current actor last; empty for a person's own token.

    Groups and tenant are None when the token does not say them in a form that can be believed.
    """

    user: Subject
    agents: tuple[Subject, ...]
    client: str | None
    scopes: frozenset[str]
    groups: frozenset[str] | None
    tenant: str | None
    email: str | None  # None unless the issuer names a claim and email_verified is not false

    @property
    def caller(self) -> CallerKind:
        """Delegated when an agent acts, else User."""
        return CallerKind.DELEGATED if self.agents else CallerKind.USER


class SignedClaims(msgspec.Struct, frozen=True, gc=False):
    """The claims of a token that `issuer` signed: signature verified, well-formed, of an accepted type."""

    issuer: Issuer
    claims: Mapping[str, object]  # all; once they are read, `sub` and what policies make headers of
    audiences: tuple[str, ...]
    issued_at: int
    expires_at: int
    not_before: int | None
    token_id: str | None  # `jti`
    lineage: tuple[str, ...]  # `jti`, `parent_jti` and `root_jti`, those present
    confirmation: str | None  # cnf x5t#S256 (RFC 8705 §3.1)
    thumbprint: str  # base64url SHA-256 of the signed part: equal for a malleated signature


class Hop(msgspec.Struct, frozen=True, gc=False):
    """One agent of a chain: the subject that named it, and the record that claims the subject."""

    subject: Subject
    agent: AgentRecord
