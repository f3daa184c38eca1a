"""Revocation: cuts a token, an agent or a user off, until a time."""

from typing import ClassVar, Literal

from pydantic import Field

from accredit_operator.kinds.resource import AgentReference, IssuerRef, Maybe, Node, Resource
from accredit_operator.kinds.rules import Rule, some_of
from accredit_operator.kinds.text import Text
from accredit_operator.kinds.times import Instant, unix_seconds


class RevocationSpec(Node):
    """What is cut off, and until when. A member that is left out matches all."""

    obeys = (
        some_of("a revocation", "user", "agent", "tokenID"),
        Rule(
            cel="has(self.issuerRef) || (!has(self.user) && !has(self.tokenID))",
            holds=lambda spec: spec.issuer_ref is not None or (spec.user is None and spec.token_id is None),
            field="issuerRef",
            found="user and tokenID mean nothing without their issuer",
            write="write issuerRef: {name: ...}",
        ),
        Rule(
            cel="!has(self.before) || !has(self.tokenID)",
            holds=lambda spec: spec.before is None or spec.token_id is None,
            field="before",
            found="a token has one time of issue",
            write="leave before out beside tokenID",
        ),
        Rule(
            cel="!has(self.before) || !has(self.expiresAt) || self.before < self.expiresAt",
            holds=lambda spec: (
                spec.before is None
                or spec.expires_at is None
                or unix_seconds(spec.before) < unix_seconds(spec.expires_at)
            ),
            field="expiresAt",
            found="the revocation ends before the tokens it is about",
            write="write a time later than before plus the issuer's maxTokenLifetime and clockSkew",
        ),
    )

    issuer_ref: Maybe[IssuerRef] = None
    """The TrustedIssuer of the user or the token. Required with user and tokenID."""
    user: Maybe[Text] = None
    """The user, as the claim that identifies users has it. Without agent, the user's own tokens are refused too."""
    agent: Maybe[AgentReference] = None
    """The agent, wherever it is in a chain."""
    token_id: Maybe[Text] = Field(default=None, alias="tokenID")
    """The token's `jti`. Tokens that name it as parent_jti or root_jti are refused too."""
    before: Maybe[Instant] = None
    """Only tokens issued up to this time are refused; all, new ones too, when left out. An RFC 3339 date-time."""
    expires_at: Maybe[Instant] = None
    """When the revocation ends; it is deleted an hour later. An RFC 3339 date-time."""
    reason: Maybe[Text] = None
    """Why, for people."""


class Revocation(Resource):
    """A token, an agent or a user that is refused until a time. The session at the issuer is not touched."""

    plural: ClassVar[str] = "revocations"
    short_name: ClassVar[str] = "rvk"
    columns = (
        ("User", "string", ".spec.user"),
        ("Agent", "string", ".spec.agent.name"),
        ("Expires", "string", ".spec.expiresAt"),
    )

    kind: Literal["Revocation"]
    spec: RevocationSpec
