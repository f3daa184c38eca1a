"""TrustedIssuer: an issuer whose tokens are believed, its keys, its claims, and who may refer to it."""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from accredit_extauthz.contract.snapshot import Layout
from accredit_operator.kinds.key_set import Algorithm, KeySet, KeySource
from accredit_operator.kinds.resource import (
    Choice,
    IssuerRef,
    ListOf,
    Maybe,
    Node,
    Resource,
    SomeOf,
    SomeSetOf,
    Status,
)
from accredit_operator.kinds.rules import Rule, Transition, union
from accredit_operator.kinds.text import (
    ClaimPath,
    LabelName,
    Labels,
    NamePattern,
    Text,
    TokenType,
)
from accredit_operator.kinds.times import Duration, Instant, within

_LOOSE_TYPES = frozenset({"jwt", "application/jwt", "none"})


class NamespacesFrom(StrEnum):
    """How allowedNamespaces names namespaces."""

    ALL = "All"
    NAMES = "Names"
    SELECTOR = "Selector"


class RequiredClaim(Node):
    """A claim that every token must carry."""

    name: ClaimPath
    """Name of the claim. A leading / makes it a JSON Pointer."""
    values: SomeOf[Text]
    """Values of which the claim has one, or of which one is in it where it is an array."""


class Claims(Node):
    """Which claims say what. A leading / makes a JSON Pointer, anything else is one top-level name."""

    obeys = (
        Rule(
            cel="self.layout != 'ClientId' || has(self.client)",
            holds=lambda claims: claims.layout is not Layout.CLIENT_ID or claims.client is not None,
            field="client",
            found="layout ClientId without the claim that names the client",
            write="write client_id, azp, appid or cid, as the issuer's tokens have it",
        ),
    )

    layout: Choice[Layout]
    """How tokens name user and agents. ActClaim (RFC 8693): sub is the user, act the current agent, nested act the
    earlier ones. ActorSubject: sub is the agent, act its user. ClientId: sub is the user, the client claim the
    agent."""
    user: ClaimPath = "sub"
    """Claim that identifies the user, also sent upstream as x-user-uid."""
    client: Maybe[ClaimPath] = None
    """Claim that identifies the client, such as client_id, azp, appid or cid. Required for layout ClientId."""
    scopes: ClaimPath = "scope"
    """Claim that holds the scopes, as one text with spaces or as an array of texts."""
    groups: Maybe[ClaimPath] = None
    """Claim that holds the user's groups, an array of texts; anything else counts as none. None are known without."""
    tenant: Maybe[ClaimPath] = None
    """Claim that holds the user's tenant. No tenant is known when left out."""
    email: Maybe[ClaimPath] = None
    """Claim that holds the user's email address."""


class NamespaceSelector(Node):
    """Namespaces by their labels."""

    match_labels: Labels
    """Labels that a namespace must have, all of them. 1 to 64."""


class AllowedNamespaces(Node):
    """Whose objects may refer to an issuer."""

    obeys = union("from", {"Names": "names", "Selector": "selector"})

    from_: Choice[NamespacesFrom] = Field(alias="from")
    """How namespaces are named: All, Names, or Selector."""
    names: Maybe[SomeOf[LabelName]] = None
    """Names of namespaces, for from Names."""
    selector: Maybe[NamespaceSelector] = None
    """Labels of namespaces, for from Selector."""


class SubjectGrant(Node):
    """Subjects that some namespaces may claim for their agents."""

    namespaces: SomeOf[LabelName]
    """Namespaces that may claim the subjects."""
    subjects: SomeOf[NamePattern]
    """Subjects of this issuer: literals, or prefixes with one star at the end."""


class TrustedIssuerSpec(Node):
    """An issuer whose tokens are believed."""

    obeys = (
        Rule(
            cel="self.jwks.source != 'Discovery' || self.issuer.startsWith('https://')",
            holds=lambda spec: spec.jwks.source is not KeySource.DISCOVERY or spec.issuer.startswith("https://"),
            field="issuer",
            found="keys cannot be discovered from an issuer that is no https address",
            write="write an https issuer, or take the keys from jwks.source URL or Inline",
        ),
        Rule(
            cel="has(self.requiredClaims) || "
            "self.tokenTypes.all(t, !(t.lowerAscii() in ['jwt', 'application/jwt', 'none']))",
            holds=lambda spec: (
                spec.required_claims is not None or _LOOSE_TYPES.isdisjoint(t.lower() for t in spec.token_types)
            ),
            field="requiredClaims",
            found="with JWT or None among tokenTypes nothing tells an access token from an ID token",
            write="write a claim that only access tokens have",
        ),
    )

    issuer: Annotated[Text, Transition("self == oldSelf", "the issuer is immutable; write a new TrustedIssuer")]
    """The `iss` of the tokens, byte for byte. Immutable, and one object's in the cluster."""
    jwks: KeySet
    """Where the issuer's public keys come from."""
    algorithms: SomeSetOf[Choice[Algorithm]]
    """Signature algorithms that are accepted: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA."""
    token_types: SomeOf[TokenType] = ("at+jwt",)
    """Values of `typ` that are accepted, compared without case and without application/. None stands for no `typ`; with
    JWT or None, requiredClaims must be written."""
    required_claims: Maybe[SomeOf[RequiredClaim]] = None
    """Claims that every token must carry."""
    max_token_lifetime: Annotated[Duration, within("1s")] = "1h"  # noqa: S105 - a duration
    """Longest life of a token, exp minus iat. A duration; 15m is a good one."""
    clock_skew: Annotated[Duration, within("0s", "60s")] = "5s"
    """How far the issuer's clock may be off. A duration of at most 60s."""
    claims: Claims
    """Which claims say what."""
    user_clients: ListOf[Text] = ()
    """Clients that are people's own front ends: their tokens speak for a user without an agent."""
    may_assert_issuers: ListOf[IssuerRef] = ()
    """TrustedIssuers whose subjects this one may name in an `act` with `iss`."""
    companion_audiences: ListOf[Text] = ()
    """Audiences that may stand beside a policy's in `aud`, such as the userinfo endpoint."""
    allowed_namespaces: AllowedNamespaces
    """Namespaces whose objects may refer to this issuer."""
    agent_subjects: Maybe[ListOf[SubjectGrant]] = None
    """Who may claim which subjects for agents. The oldest claim wins when left out; an empty list allows none."""
    disabled: bool = False
    """Whether all tokens of this issuer are refused."""


class TrustedIssuerStatus(Status):
    """What the operator observed of an issuer."""

    key_ids: ListOf[Text] = Field(default=(), alias="keyIDs")
    """IDs of the keys that are in use."""
    last_fetch_time: Maybe[Instant] = None
    """When the keys were last fetched. An RFC 3339 date-time."""


class TrustedIssuer(Resource):
    """An issuer whose delegation tokens are believed, its keys, its claims, and who may refer to it."""

    plural: ClassVar[str] = "trustedissuers"
    short_name: ClassVar[str] = "ti"
    is_namespaced: ClassVar[bool] = False
    status_model: ClassVar[type[Status]] = TrustedIssuerStatus
    columns = (
        ("Issuer", "string", ".spec.issuer"),
        ("Keys", "string", ".spec.jwks.source"),
        ("Layout", "string", ".spec.claims.layout"),
    )

    kind: Literal["TrustedIssuer"]
    spec: TrustedIssuerSpec
