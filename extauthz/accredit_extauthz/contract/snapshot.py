"""The snapshot: everything the data plane decides from, as frozen records.

Records hold names and never resolved references. The control plane writes them in shards, named by a head; the data
plane resolves names when it builds its view. What is unknown is None; an empty tuple always means "none of them".
Times are Unix seconds.
"""

from enum import StrEnum

import msgspec

from accredit_extauthz.contract.names import AgentRef, Issuer, IssuerName, PolicyRef, Principal

FORMAT = 1  # of shards; a reader refuses a head with a newer one


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The common shape of all records: frozen, written without the fields that have their default.

    Records cannot form cycles, so the garbage collector need not visit them: there are tens of thousands.
    """


class Layout(StrEnum):
    """How an issuer's tokens name user and actors (TrustedIssuer `claims.layout`)."""

    ACT_CLAIM = "ActClaim"  # sub = user, act = current actor, nested act = earlier hops (RFC 8693 §4.1)
    ACTOR_SUBJECT = "ActorSubject"  # sub = agent, act = its user, exactly one level
    CLIENT_ID = "ClientId"  # sub = user, the client claim = actor


class Protocol(StrEnum):
    """What a policy's rules speak of."""

    HTTP = "HTTP"
    MCP = "MCP"


class Mode(StrEnum):
    """Whether a policy's refusals deny, are noted only, or everything is denied."""

    ENFORCE = "Enforce"
    AUDIT = "Audit"
    DISABLED = "Disabled"


class Effect(StrEnum):
    """What a rule does to the operations it matches."""

    ALLOW = "Allow"
    DENY = "Deny"


class CallerKind(StrEnum):
    """Delegated: through agents. User: a person's own token, without an actor."""

    DELEGATED = "Delegated"
    USER = "User"


class UserScopes(StrEnum):
    """Where a user's authority comes from: the token's scopes, or the policy's grants."""

    TOKEN = "Token"
    GRANTS = "Grants"


class BaseProtocol(StrEnum):
    """Whether MCP's base methods are open to every authentic caller, or need rules like the rest."""

    ALLOW = "Allow"
    RULES = "Rules"


class DenialBody(StrEnum):
    """The shape of a denial: RFC 9457, a JSON-RPC error, or a JSON-RPC error with HTTP 200 in place of 403."""

    PROBLEM = "Problem"
    JSON_RPC = "JsonRpc"
    JSON_RPC_OK = "JsonRpcOk"


class Standing(StrEnum):
    """What a policy is worth at one of its targets."""

    GOVERNS = "governs"
    DENIES_ONLY = "denies-only"  # conflicted there: its Deny rules count, nothing else
    INVALID = "invalid"  # everything at and beneath the target is denied


# --- issuers


class Key(Record, frozen=True, kw_only=True):
    """One public verification key, bound to one algorithm (RFC 8725 §3.1). `jwk` holds public members only."""

    kid: str | None = None
    algorithm: str
    jwk: dict[str, str]


class RequiredClaim(Record, frozen=True, kw_only=True):
    """A claim that must be present with one of `values` (strings; in an array claim, one member must be one)."""

    name: str
    values: tuple[str, ...]


class ClaimNames(Record, frozen=True, kw_only=True):
    """Where an issuer's tokens carry what. A leading `/` makes a JSON Pointer (RFC 6901), else a top-level name."""

    layout: Layout
    user: str = "sub"
    scopes: str = "scope"
    client: str | None = None
    groups: str | None = None
    tenant: str | None = None
    email: str | None = None


class IssuerRecord(Record, frozen=True, kw_only=True):
    """A TrustedIssuer. `usable` is False for an invalid or disabled one: its tokens are refused."""

    name: IssuerName
    issuer: Issuer
    usable: bool = True
    claims: ClaimNames
    algorithms: tuple[str, ...] = ()
    keys: tuple[Key, ...] = ()
    token_types: tuple[str, ...] = ("at+jwt",)  # lower case, without "application/"; "" stands for no `typ`
    required_claims: tuple[RequiredClaim, ...] = ()
    max_token_lifetime_s: int = 3600
    clock_skew_s: int = 5
    user_clients: tuple[str, ...] = ()
    may_assert: tuple[IssuerName, ...] = ()
    companion_audiences: tuple[str, ...] = ()


# --- agents


class Identity(Record, frozen=True, kw_only=True):
    """How tokens name an agent: a subject of one issuer."""

    issuer: IssuerName
    subject: str


class ActsFor(Record, frozen=True, kw_only=True):
    """Whom an agent may act for directly: (any user, or one of `users`, or a member of `groups`) and of `tenants`."""

    any_user: bool = False
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    tenants: tuple[str, ...] | None = None  # None = any


class AgentRecord(Record, frozen=True, kw_only=True):
    """An AgentIdentity. With `valid` False only its reference and identities mean anything: they are denied."""

    ref: AgentRef
    valid: bool = True
    labels: dict[str, str] = {}
    identities: tuple[Identity, ...]
    workloads: tuple[Principal, ...] | None = None  # None = any
    scopes: tuple[str, ...] = ()
    acts_for: ActsFor | None = None  # None = nobody
    delegates_to: tuple[AgentRef, ...] = ()
    delegates_from: tuple[AgentRef, ...] = ()
    max_chain_length: int = 4
    suspended: bool = False
    revoked_before: int | None = None
    expires_at: int | None = None
    created_at: int | None = None


# --- policies


class HostTarget(Record, frozen=True, kw_only=True, tag_field="type", tag="Host"):
    """A host or wildcard, and a path prefix beneath it; the empty prefix is the whole host."""

    host: str
    path: str = ""
    standing: Standing


class PrincipalTarget(Record, frozen=True, kw_only=True, tag_field="type", tag="Principal"):
    """The SPIFFE ID of the destination workload (sidecars)."""

    principal: Principal
    standing: Standing


class AgentSelector(Record, frozen=True, kw_only=True):
    """Agents by name, namespace and labels; all members must match. None does not constrain."""

    names: tuple[str, ...] | None = None
    namespaces: tuple[str, ...]
    match_labels: dict[str, str] | None = None


class UserSelector(Record, frozen=True, kw_only=True):
    """Users: (one of `subjects` or a member of `groups`) and of `tenants`. None does not constrain."""

    subjects: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None
    tenants: tuple[str, ...] | None = None


class HttpMatch(Record, frozen=True, kw_only=True):
    """HTTP methods (`*` only in a Deny) and path patterns; one of each must match."""

    methods: tuple[str, ...]
    paths: tuple[str, ...]


class McpMatch(Record, frozen=True, kw_only=True):
    """MCP methods and, for those that name something, name patterns. None names nothing; under `*` it names all.

    `*` among methods is every method, and stands in a Deny only.
    """

    methods: tuple[str, ...]
    tools: tuple[str, ...] | None = None
    resources: tuple[str, ...] | None = None
    prompts: tuple[str, ...] | None = None


class Rule(Record, frozen=True, kw_only=True):
    """One rule. Exactly one of `http` and `mcp` is set."""

    name: str
    effect: Effect
    http: HttpMatch | None = None
    mcp: McpMatch | None = None
    scopes: tuple[str, ...] = ()
    agents: AgentSelector | None = None  # None = any
    users: UserSelector | None = None  # None = any


class Grant(Record, frozen=True, kw_only=True):
    """Scopes that the policy gives to the users it selects; literals only."""

    users: UserSelector
    scopes: tuple[str, ...]


class Challenge(Record, frozen=True, kw_only=True):
    """What a 401 tells the client (RFC 9728): the protected resource and who issues tokens for it."""

    resource: str | None = None
    authorization_servers: tuple[str, ...] = ()


class ExtraHeader(Record, frozen=True, kw_only=True):
    """A header filled from a claim of the verified token; removed when the claim is absent."""

    name: str
    claim: str


class PolicyBody(Record, frozen=True, kw_only=True):
    """All that a valid ToolPolicy says beyond its targets."""

    protocol: Protocol
    mode: Mode = Mode.ENFORCE
    issuers: tuple[IssuerName, ...]
    audiences: tuple[str, ...]
    callers: tuple[CallerKind, ...] = (CallerKind.DELEGATED,)
    require_workload: bool = False
    max_staleness_s: int = 0  # 0 = serve the last good view
    rules: tuple[Rule, ...]
    user_scopes: UserScopes = UserScopes.TOKEN
    login_scopes: tuple[str, ...] = ()
    grants: tuple[Grant, ...] = ()
    public_paths: tuple[str, ...] = ()
    base_protocol: BaseProtocol = BaseProtocol.ALLOW
    challenge: Challenge | None = None
    denial_body: DenialBody = DenialBody.PROBLEM
    forward_token: bool = False
    extra_headers: tuple[ExtraHeader, ...] = ()


class PolicyRecord(Record, frozen=True, kw_only=True):
    """A ToolPolicy: where it stands, and what it says. `body` is None for an invalid one."""

    ref: PolicyRef
    generation: int = 0
    targets: tuple[HostTarget | PrincipalTarget, ...]
    body: PolicyBody | None = None


# --- revocations and ownership


class RevocationRecord(Record, frozen=True, kw_only=True):
    """A Revocation. A field that is None matches all; `everywhere` is set for those of the operator's namespace."""

    namespace: str
    name: str
    everywhere: bool = False
    issuer: IssuerName | None = None
    user: str | None = None
    agent: AgentRef | None = None
    token_id: str | None = None
    before: int | None = None
    expires_at: int | None = None


class HostOwner(Record, frozen=True, kw_only=True):
    """The one namespace whose policies count at a host pattern (and beneath a wildcard, unless owned more exactly)."""

    pattern: str
    namespace: str


# --- the whole


class Shard(Record, frozen=True, kw_only=True):
    """A part of a snapshot. Order inside a shard carries no meaning; the writer sorts."""

    issuers: tuple[IssuerRecord, ...] = ()
    owners: tuple[HostOwner, ...] = ()
    agents: tuple[AgentRecord, ...] = ()
    policies: tuple[PolicyRecord, ...] = ()
    revocations: tuple[RevocationRecord, ...] = ()


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """Names the shards of one snapshot by digest. A higher `sequence` supersedes."""

    writer: str
    sequence: int
    format: int
    shards: dict[str, str]  # shard name -> "sha256:<hex>"


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One verified snapshot: a head's sequence, the digest over what it names, and all its shards' records."""

    sequence: int
    digest: str
    issuers: tuple[IssuerRecord, ...] = ()
    owners: tuple[HostOwner, ...] = ()
    agents: tuple[AgentRecord, ...] = ()
    policies: tuple[PolicyRecord, ...] = ()
    revocations: tuple[RevocationRecord, ...] = ()
