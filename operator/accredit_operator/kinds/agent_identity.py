"""AgentIdentity: one agent, how tokens name it, and what bounds it."""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from accredit_operator.kinds.resource import (
    AgentReference,
    Choice,
    IssuerRef,
    ListOf,
    Maybe,
    Node,
    ObjectRef,
    Resource,
    SetOf,
    SomeOf,
)
from accredit_operator.kinds.rules import Rule, union
from accredit_operator.kinds.text import ScopeCeiling, SpiffeId, Text
from accredit_operator.kinds.times import Instant


class WorkloadType(StrEnum):
    """How a workload is named."""

    SPIFFE = "SPIFFE"
    SERVICE_ACCOUNT = "ServiceAccount"


class Identity(Node):
    """How tokens name an agent."""

    issuer_ref: IssuerRef
    """The TrustedIssuer of the tokens."""
    subject: Text
    """The agent's subject in those tokens, byte for byte."""


class Workload(Node):
    """A workload that may act as an agent."""

    obeys = union("type", {"SPIFFE": "spiffeID", "ServiceAccount": "serviceAccount"})

    type: Choice[WorkloadType]
    """How the workload is named: SPIFFE or ServiceAccount."""
    spiffe_id: Maybe[SpiffeId] = Field(default=None, alias="spiffeID")
    """SPIFFE ID of the workload, for type SPIFFE."""
    service_account: Maybe[ObjectRef] = None
    """Service account of this namespace, for type ServiceAccount."""


class ActsFor(Node):
    """Users who may delegate to an agent directly: (one of users, or a member of groups) and of tenants."""

    obeys = (
        Rule(
            cel="self.anyUser != (has(self.users) || has(self.groups))",
            holds=lambda acts_for: acts_for.any_user != (acts_for.users is not None or acts_for.groups is not None),
            found="either certain users or all of them may delegate to an agent",
            write="write users or groups, or else anyUser: true",
        ),
    )

    users: Maybe[SomeOf[Text]] = None
    """Users, as the claim that identifies them has it."""
    groups: Maybe[SomeOf[Text]] = None
    """Groups whose members may delegate."""
    tenants: Maybe[SomeOf[Text]] = None
    """Tenants to which the users must belong. Any when left out."""
    any_user: bool = False
    """Whether every user may delegate. Stands in place of users and groups."""


class AgentIdentitySpec(Node):
    """One agent."""

    obeys = (
        Rule(
            cel="self.identities.all(a, self.identities.exists_one(b, "
            "a.issuerRef.name == b.issuerRef.name && a.subject == b.subject))",
            holds=lambda spec: len({(i.issuer_ref.name, i.subject) for i in spec.identities}) == len(spec.identities),
            field="identities",
            found="an identity stands twice",
            write="write each issuer and subject once",
        ),
    )

    display_name: Maybe[Text] = None
    """Name of the agent for people."""
    owner: Maybe[Text] = None
    """Who answers for the agent, such as an email address."""
    identities: SomeOf[Identity]
    """How tokens name the agent. An issuer and subject is one agent's in the cluster."""
    workloads: Maybe[SomeOf[Workload]] = None
    """Workloads that may act as the agent, told by their verified TLS certificate. Any when left out."""
    scopes: SetOf[ScopeCeiling]
    """The most that the agent may be given: scopes, or prefixes that end in one star after a colon, dot or slash. An
    empty list gives nothing."""
    acts_for: Maybe[ActsFor] = None
    """Users who may delegate to the agent directly. Nobody when left out: it is reached through other agents only."""
    delegates_to: ListOf[AgentReference] = ()
    """Agents to which this one may delegate. One of another namespace must list this one in its delegatesFrom."""
    delegates_from: ListOf[AgentReference] = ()
    """Agents of other namespaces that may delegate to this one."""
    max_chain_length: Annotated[int, Field(ge=1, le=8)] = 4
    """Longest chain of agents, itself included, at whose end this agent may act. 1 to 8."""
    suspended: bool = False
    """Whether every chain with this agent in it is refused."""
    revoked_before: Maybe[Instant] = None
    """Tokens issued up to this time are refused wherever this agent is in their chain. An RFC 3339 date-time."""
    expires_at: Maybe[Instant] = None
    """When the agent ends. An RFC 3339 date-time."""


class AgentIdentity(Resource):
    """One agent: how tokens name it, which workloads may act as it, its scopes, and with whom it may work."""

    plural: ClassVar[str] = "agentidentities"
    short_name: ClassVar[str] = "aid"
    columns = (
        ("Suspended", "boolean", ".spec.suspended"),
        ("Owner", "string", ".spec.owner"),
        ("Expires", "string", ".spec.expiresAt"),
    )

    kind: Literal["AgentIdentity"]
    spec: AgentIdentitySpec
