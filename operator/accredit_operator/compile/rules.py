"""One rule of a ToolPolicy to a record."""

from collections.abc import Iterator, Sequence

from accredit_extauthz.contract.snapshot import AgentSelector, HttpMatch, McpMatch, Rule, UserSelector
from accredit_operator.compile.text import find_hidden
from accredit_operator.compile.verdict import Problem
from accredit_operator.kinds import policy_rule


def compile_rule(rule: policy_rule.ToolRule, namespace: str) -> Rule:
    """Return the record of a rule in a policy of `namespace`."""
    return Rule(
        name=rule.name,
        effect=rule.effect,
        http=HttpMatch(methods=rule.http.methods, paths=rule.http.paths) if rule.http else None,
        mcp=_mcp(rule.mcp) if rule.mcp else None,
        scopes=tuple(rule.scopes or ()),
        agents=_agents(rule.agents, namespace) if rule.agents else None,
        users=compile_users(rule.users) if rule.users else None,
    )


def compile_users(selector: policy_rule.UserSelector) -> UserSelector:
    """Return the record of a user selector."""
    return UserSelector(subjects=selector.subjects, groups=selector.groups, tenants=selector.tenants)


def find_rule_problems(rule: policy_rule.ToolRule, field: str) -> Iterator[Problem]:
    """Yield what makes the rule, and so its policy, invalid."""
    if rule.mcp is not None:
        yield from find_hidden(rule.mcp.tools or (), f"{field}.mcp.tools")
        yield from find_hidden(rule.mcp.resources or (), f"{field}.mcp.resources")
        yield from find_hidden(rule.mcp.prompts or (), f"{field}.mcp.prompts")
    if rule.users is not None:
        yield from find_hidden(rule.users.subjects or (), f"{field}.users.subjects")


def find_stars(scopes: Sequence[str], field: str) -> Iterator[Problem]:
    """Yield a problem for each scope that looks like a pattern and is none: `*` is a literal in grants and rules."""
    for index, scope in enumerate(scopes):
        if scope.endswith("*"):
            yield Problem(f"{field}[{index}]", f'"{scope[:64]}" is a scope of that very name', "write each scope out")


def _mcp(match: policy_rule.McpMatch) -> McpMatch:
    return McpMatch(methods=match.methods, tools=match.tools, resources=match.resources, prompts=match.prompts)


def _agents(selector: policy_rule.AgentSelector, namespace: str) -> AgentSelector:
    return AgentSelector(
        names=selector.names,
        namespaces=selector.namespaces or (namespace,),
        match_labels=dict(selector.match_labels) if selector.match_labels else None,
    )
