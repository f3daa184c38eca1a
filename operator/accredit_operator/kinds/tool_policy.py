"""ToolPolicy: what may be called at a target, by whom, with which scopes."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from accredit_extauthz.contract.snapshot import BaseProtocol, CallerKind, DenialBody, Mode, Protocol, UserScopes
from accredit_operator.kinds.lists import ListType
from accredit_operator.kinds.policy_rule import Grant, ToolRule
from accredit_operator.kinds.policy_target import Target
from accredit_operator.kinds.resource import (
    Choice,
    IssuerRef,
    ListOf,
    MapOf,
    Maybe,
    Node,
    Resource,
    SomeOf,
    SomeSetOf,
)
from accredit_operator.kinds.rules import Obeys, Rule, some_of
from accredit_operator.kinds.text import ClaimPath, HeaderName, Path, Scope, Text, WebUrl
from accredit_operator.kinds.times import Duration, duration_seconds, within

_PROBES = frozenset({"/healthz", "/livez", "/readyz"})
_WELL_KNOWN = "/.well-known/"
_MIN_STALENESS_S = 30
# Ours, Envoy's, and those that say who was asked or who forwarded.
_RESERVED_HEADERS = (
    "x-user", "x-agent", "x-tenant", "x-accredit", "x-envoy", "x-forwarded", "x-original", "x-rewrite", "x-http",
    "x-method", "x-real-ip", "x-request-id", "x-client",
)  # fmt: skip


def _is_reserved(header: str) -> bool:
    return any(header == reserved or header.startswith(f"{reserved}-") for reserved in _RESERVED_HEADERS)


class PublicPath(Node):
    """A path that needs no token."""

    path: Path
    """The path, exactly. GET and HEAD only; in an MCP policy /healthz, /livez, /readyz or beneath /.well-known/."""


class Challenge(Node):
    """What a denied client is told about where to get a token (RFC 9728)."""

    obeys = (some_of("a challenge", "resource", "authorizationServers"),)

    resource: Maybe[WebUrl] = None
    """Address of the protected resource."""
    authorization_servers: Maybe[SomeOf[WebUrl]] = None
    """Addresses of the authorization servers that issue tokens for it."""


class ExtraHeader(Node):
    """A request header that is filled from a claim."""

    name: Annotated[
        HeaderName,
        Obeys(
            Rule(
                cel=f"!self.matches('^({'|'.join(_RESERVED_HEADERS)})(-|$)')",
                holds=lambda name: not _is_reserved(name),
                found="the header has a reserved prefix",
                write="write another name, such as x-department",
            )
        ),
    ]
    """Name of the header: x- and lower case. Not one of Accredit's, Envoy's or those about forwarding."""
    claim: ClaimPath
    """Claim that fills the header; without it the header is removed. A leading / makes a JSON Pointer."""


class Headers(Node):
    """Request headers that the service sees."""

    obeys = (
        Rule(
            cel="!has(self.extra) || self.extra.all(a, self.extra.exists_one(b, a.name == b.name))",
            holds=lambda headers: len({header.name for header in headers.extra}) == len(headers.extra),
            field="extra",
            found="a header stands twice",
            write="write each name once",
        ),
    )

    forward_token: bool = False
    """Whether the service sees the token. It is removed otherwise."""
    extra: ListOf[ExtraHeader] = ()
    """Headers that are filled from claims."""


class ToolPolicySpec(Node):
    """What may be called at a target."""

    obeys = (
        Rule(
            cel="self.rules.all(r, has(r.mcp) == (self.protocol == 'MCP'))",
            holds=lambda spec: all((r.mcp is not None) == (spec.protocol is Protocol.MCP) for r in spec.rules),
            field="rules",
            found="a rule speaks of another protocol than the policy",
            write="write mcp in the rules of an MCP policy, http in those of an HTTP policy",
        ),
        Rule(
            cel="self.protocol != 'MCP' || !has(self.publicPaths) || self.publicPaths.all(p, "
            "p.path in ['/healthz', '/livez', '/readyz'] || p.path.startsWith('/.well-known/'))",
            holds=lambda spec: (
                spec.protocol is not Protocol.MCP
                or all(p.path in _PROBES or p.path.startswith(_WELL_KNOWN) for p in spec.public_paths)
            ),
            field="publicPaths",
            found="an MCP policy opens only probes and well-known documents",
            write="write /healthz, /livez, /readyz or a path beneath /.well-known/",
        ),
    )

    targets: Annotated[tuple[Target, ...], Field(strict=False, min_length=1, max_length=16), ListType("atomic")]
    """Where the policy stands. 1 to 16."""
    protocol: Choice[Protocol]
    """What the rules speak of: HTTP or MCP."""
    mode: Choice[Mode] = Mode.ENFORCE
    """Enforce; Audit, which lets pass and records what would have been denied; or Disabled, which denies everything."""
    issuers: SomeOf[IssuerRef]
    """TrustedIssuers whose tokens count here."""
    audiences: SomeOf[Text]
    """Audiences of which a token must have exactly one: it was issued for this service."""
    callers: SomeSetOf[Choice[CallerKind]] = (CallerKind.DELEGATED,)
    """Who may call: Delegated (through agents), User (a person's own token)."""
    require_workload: bool = False
    """Whether agents that declare no workloads are refused."""
    max_staleness: Annotated[
        Duration,
        within("0s"),
        Obeys(
            Rule(
                cel="duration(self) == duration('0s') || duration(self) >= duration('30s')",
                holds=lambda text: duration_seconds(text) == 0 or duration_seconds(text) >= _MIN_STALENESS_S,
                found="a view is often some seconds old",
                write="write 0s for no limit, or at least 30s",
            )
        ),
    ] = "0s"
    """How old the view may be before everything is denied. A duration of at least 30s, or 0s for no limit."""
    rules: MapOf[ToolRule]
    """The rules. What no Allow rule lists is denied."""
    user_scopes: Choice[UserScopes] = UserScopes.TOKEN
    """Where a user's authority comes from: Token (its scopes) or Grants (those of this policy, which the token's other
    scopes narrow)."""
    login_scopes: ListOf[Scope] = ("openid", "profile", "email", "offline_access", "address", "phone")
    """Scopes of a token that narrow nothing under Grants."""
    grants: ListOf[Grant] = ()
    """Scopes that users have here, for userScopes Grants."""
    public_paths: ListOf[PublicPath] = ()
    """Paths that need no token."""
    base_protocol: Choice[BaseProtocol] = BaseProtocol.ALLOW
    """MCP methods that only set up a session or list: Allow for any authentic caller, or Rules."""
    challenge: Maybe[Challenge] = None
    """What a denied client is told about where to get a token."""
    denial_body: Maybe[Choice[DenialBody]] = None
    """Shape of a denial: Problem (RFC 9457), JsonRpc, or JsonRpcOk (200 in place of 403). JsonRpc for MCP and Problem
    for HTTP when left out."""
    headers: Maybe[Headers] = None
    """Request headers that the service sees."""


class ToolPolicy(Resource):
    """What may be called at a target, by whom and with which scopes. What no rule allows is denied."""

    plural: ClassVar[str] = "toolpolicies"
    short_name: ClassVar[str] = "tpol"
    columns = (
        ("Protocol", "string", ".spec.protocol"),
        ("Mode", "string", ".spec.mode"),
    )

    kind: Literal["ToolPolicy"]
    spec: ToolPolicySpec
