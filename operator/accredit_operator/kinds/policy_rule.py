"""The rules of a ToolPolicy: which operations, by which agents, for which users, with which scopes."""

from accredit_extauthz.contract.snapshot import Effect
from accredit_operator.kinds.resource import Choice, Maybe, Node, SomeOf, SomeSetOf
from accredit_operator.kinds.rules import Rule, some_of
from accredit_operator.kinds.text import (
    HttpMethod,
    LabelName,
    Labels,
    McpMethod,
    NamePattern,
    ObjectName,
    PathPattern,
    Scope,
    Text,
)


class HttpMatch(Node):
    """HTTP requests by method and path."""

    methods: SomeOf[HttpMethod]
    """Methods, such as GET. A star stands for all, in a Deny rule only."""
    paths: SomeOf[PathPattern]
    """Paths. A star stands for one segment, /** at the end for any further ones."""


def _names(member: str, *methods: str) -> tuple[Rule, Rule]:
    """Demand `member` for the methods that name such a thing, and one of those methods for `member`."""
    asks = " || ".join(f"'{method}' in self.methods" for method in methods)
    wanted = frozenset(methods)
    return (
        Rule(
            cel=f"has(self.{member}) || !({asks})",
            holds=lambda match: getattr(match, member) is not None or wanted.isdisjoint(match.methods),
            field=member,
            found=f"{', '.join(methods)} without {member}",
            write=f'write {member}: ["*"] for all',
        ),
        Rule(
            cel=f"!has(self.{member}) || {asks} || '*' in self.methods",
            holds=lambda match: getattr(match, member) is None or not (wanted | {"*"}).isdisjoint(match.methods),
            field=member,
            found=f"{member} without a method that names one",
            write=f"write {' or '.join(methods)} in methods, or leave {member} out",
        ),
    )


class McpMatch(Node):
    """MCP requests by method and by what they name."""

    obeys = (
        *_names("tools", "tools/call"),
        *_names("resources", "resources/read", "resources/subscribe", "resources/unsubscribe"),
        *_names("prompts", "prompts/get"),
    )

    methods: SomeOf[McpMethod]
    """Methods, such as tools/call; $stream, $close and $response stand for GET, DELETE and client responses. A star
    stands for all, in a Deny rule only."""
    tools: Maybe[SomeOf[NamePattern]] = None
    """Tools, for tools/call: literals, or prefixes with one star at the end; a star alone is all."""
    resources: Maybe[SomeOf[NamePattern]] = None
    """URIs of resources, for resources/read and subscriptions: literals, or prefixes with one star at the end."""
    prompts: Maybe[SomeOf[NamePattern]] = None
    """Prompts, for prompts/get: literals, or prefixes with one star at the end."""


class AgentSelector(Node):
    """Agents. All members that are written must match."""

    obeys = (some_of("a selector", "names", "namespaces", "matchLabels"),)

    names: Maybe[SomeOf[ObjectName]] = None
    """Names of AgentIdentities. Any when left out."""
    namespaces: Maybe[SomeOf[LabelName]] = None
    """Namespaces of AgentIdentities. The policy's own when left out."""
    match_labels: Maybe[Labels] = None
    """Labels that the AgentIdentity must have, all of them. 1 to 64."""


class UserSelector(Node):
    """Users: (one of subjects, or a member of groups) and of tenants."""

    obeys = (some_of("a selector", "subjects", "groups", "tenants"),)

    subjects: Maybe[SomeOf[Text]] = None
    """Users, as the claim that identifies them has it."""
    groups: Maybe[SomeOf[Text]] = None
    """Groups of which the user is a member."""
    tenants: Maybe[SomeOf[Text]] = None
    """Tenants to which the user belongs; alone, everyone of them."""


class Grant(UserSelector):
    """Scopes for the users that are named."""

    scopes: SomeSetOf[Scope]
    """Scopes that the users have here, each as it stands: a star is no pattern."""


class ToolRule(Node):
    """One rule: which operations, by which agents, for which users, with which scopes."""

    obeys = (
        Rule(
            cel="has(self.mcp) != has(self.http)",
            holds=lambda rule: (rule.mcp is None) != (rule.http is None),
            found="a rule speaks of exactly one protocol",
            write="write one of mcp and http, as the policy's protocol says",
        ),
        Rule(
            cel="self.effect != 'Allow' || has(self.scopes) != self.noScopesRequired",
            holds=lambda rule: rule.effect is not Effect.ALLOW or (rule.scopes is not None) != rule.no_scopes_required,
            field="scopes",
            found="an Allow rule says which scopes it needs",
            write="write at least one scope, or else noScopesRequired: true",
        ),
        Rule(
            cel="self.effect != 'Deny' || (!has(self.scopes) && !self.noScopesRequired)",
            holds=lambda rule: rule.effect is not Effect.DENY or (rule.scopes is None and not rule.no_scopes_required),
            field="scopes",
            found="a Deny rule needs no scopes",
            write="leave scopes and noScopesRequired out",
        ),
        Rule(
            cel="self.effect == 'Deny' || !has(self.mcp) || !('*' in self.mcp.methods)",
            holds=lambda rule: rule.effect is Effect.DENY or rule.mcp is None or "*" not in rule.mcp.methods,
            field="mcp.methods",
            found="only a Deny rule may say * for all methods",
            write="write the methods",
        ),
        Rule(
            cel="self.effect == 'Deny' || !has(self.http) || !('*' in self.http.methods)",
            holds=lambda rule: rule.effect is Effect.DENY or rule.http is None or "*" not in rule.http.methods,
            field="http.methods",
            found="only a Deny rule may say * for all methods",
            write="write the methods",
        ),
    )

    name: LabelName
    """Name of the rule, unique in the policy; it stands in audit records."""
    effect: Choice[Effect]
    """What the rule does: Allow, or Deny, which overrides."""
    mcp: Maybe[McpMatch] = None
    """Operations of an MCP policy."""
    http: Maybe[HttpMatch] = None
    """Operations of an HTTP policy."""
    scopes: Maybe[SomeSetOf[Scope]] = None
    """Scopes that the call must have, all of them. An Allow rule has at least one or says noScopesRequired; a Deny rule
    has none."""
    no_scopes_required: bool = False
    """Whether an Allow rule needs no scope."""
    agents: Maybe[AgentSelector] = None
    """The current agent in an Allow rule, any agent of the chain in a Deny rule. Any when left out."""
    users: Maybe[UserSelector] = None
    """The user for whom the call is made. Any when left out."""
