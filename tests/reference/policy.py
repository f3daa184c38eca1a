"""Scopes and rules (api.md §1: ToolPolicy, Combining; §4).

Deny first, then base protocol, then Allow; what is unlisted is denied.
"""

from dataclasses import dataclass

from accredit_extauthz.contract.snapshot import (
    AgentRecord,
    AgentSelector,
    BaseProtocol,
    Effect,
    HttpMatch,
    McpMatch,
    PolicyBody,
    Protocol,
    Rule,
    UserScopes,
    UserSelector,
)
from accredit_extauthz.model.reason import Reason
from reference.delegation import Asked
from reference.operation import NAMED_BY, Done
from reference.target import Met
from reference.text import is_named, is_under_ceiling
from reference.verdict import Found, Notes


@dataclass(frozen=True)
class Judged:
    """All that rules are compared with. `trusted` are the `iss` of the governing issuers."""

    done: Done
    asked: Asked
    agents: list[AgentRecord]  # root first
    met: Met
    trusted: frozenset[str]


def path_matches(pattern: str, path: str) -> bool:
    wanted, given = pattern[1:].split("/"), path[1:].split("/")
    if wanted[-1] == "**":
        wanted.pop()
        if path != "/" and "".join(given[len(wanted) :]) == "":  # `/a/**` is what lies beneath /a
            return False
        given = given[: len(wanted)]
    return len(wanted) == len(given) and all(
        have == want or (want == "*" and have != "") for want, have in zip(wanted, given, strict=True)
    )


def http_matches(match: HttpMatch, done: Done, effect: Effect) -> bool:
    """In a Deny case and a last slash count for nothing, as they do to many servers."""
    if done.http_method not in match.methods and "*" not in match.methods:
        return False
    if effect is Effect.ALLOW:
        return any(path_matches(pattern, done.path) for pattern in match.paths)
    bare = done.path.lower().removesuffix("/")
    spellings = {bare, bare + "/"} if bare else {"/"}
    return any(path_matches(pattern.lower(), path) for pattern in match.paths for path in spellings)


def mcp_matches(match: McpMatch, done: Done) -> bool:
    is_all = "*" in match.methods
    if done.protocol is not Protocol.MCP or not (is_all or done.method in match.methods):
        return False
    if done.method not in NAMED_BY:
        return True
    patterns = getattr(match, NAMED_BY[done.method][1])
    if patterns is None:
        return is_all
    return done.name is not None and is_named(done.name, patterns)


def operation_matches(rule: Rule, done: Done) -> bool:
    if rule.http is not None:
        return http_matches(rule.http, done, rule.effect)
    return rule.mcp is not None and mcp_matches(rule.mcp, done)


def agent_matches(selector: AgentSelector, agent: AgentRecord) -> bool:
    if selector.names is not None and agent.ref.name not in selector.names:
        return False
    if agent.ref.namespace not in selector.namespaces:
        return False
    labels = selector.match_labels or {}
    return all(agent.labels.get(name) == value for name, value in labels.items())


def user_matches(selector: UserSelector, judged: Judged, unknown: bool) -> bool:
    """`unknown` is what an absent, malformed or overflowed claim counts as: True in a Deny, False in an Allow."""
    asked = judged.asked
    if asked.user[0] not in judged.trusted:
        return False
    if selector.subjects is not None or selector.groups is not None:
        is_subject = asked.user[1] in (selector.subjects or ())
        if selector.groups is None:
            is_member = False
        else:
            is_member = unknown if asked.groups is None else bool(asked.groups & set(selector.groups))
        if not (is_subject or is_member):
            return False
    if selector.tenants is not None:
        return unknown if asked.tenant is None else asked.tenant in selector.tenants
    return True


def denies(rule: Rule, judged: Judged) -> bool:
    if not operation_matches(rule, judged.done):
        return False
    if rule.agents is not None and not any(agent_matches(rule.agents, agent) for agent in judged.agents):
        return False
    return rule.users is None or user_matches(rule.users, judged, unknown=True)


def fits(rule: Rule, judged: Judged) -> bool:
    if not operation_matches(rule, judged.done):
        return False
    if rule.agents is not None and not (judged.agents and agent_matches(rule.agents, judged.agents[-1])):
        return False
    return rule.users is None or user_matches(rule.users, judged, unknown=False)


def granted(judged: Judged) -> frozenset[str] | None:
    """The scopes that the policy gives the user; None when the token is the authority."""
    body = judged.met.body
    if body.user_scopes is UserScopes.TOKEN:
        return None
    found: set[str] = set()
    for grant in body.grants:
        if user_matches(grant.users, judged, unknown=False):
            found |= set(grant.scopes)
    return frozenset(found)


def token_has(scope: str, scopes: frozenset[str], body: PolicyBody) -> bool:
    if body.user_scopes is UserScopes.TOKEN:
        return scope in scopes
    narrowing = scopes - set(body.login_scopes)
    if not narrowing:
        return bool(scopes)  # login scopes only: the grants alone; no scope at all: none
    return scope in narrowing


def lacking(scope: str, judged: Judged) -> Reason | None:
    roles = granted(judged)
    if not token_has(scope, judged.asked.scopes, judged.met.body):
        return Reason.SCOPE_MISSING
    if roles is not None and scope not in roles:
        return Reason.SCOPE_EXCEEDS_USER
    if not all(is_under_ceiling(scope, agent.scopes) for agent in judged.agents):
        return Reason.SCOPE_EXCEEDS_AGENT
    return None


def effective(judged: Judged) -> frozenset[str]:
    roles = granted(judged) or frozenset()
    return frozenset(scope for scope in judged.asked.scopes | roles if lacking(scope, judged) is None)


def first_lack(rule: Rule, judged: Judged) -> Reason | None:
    """What the token lacks comes before what the user lacks, and that before what an agent lacks."""
    found = {lacking(scope, judged) for scope in rule.scopes}
    for reason in (Reason.SCOPE_MISSING, Reason.SCOPE_EXCEEDS_USER, Reason.SCOPE_EXCEEDS_AGENT):
        if reason in found:
            return reason
    return None


def judge(judged: Judged, notes: Notes, found: Found) -> None:
    """An empty ceiling, then Deny rules, then base protocol, then Allow rules."""
    found.scopes = effective(judged)
    if any(agent.scopes == () for agent in judged.agents):
        notes.refuse(Reason.SCOPE_EXCEEDS_AGENT)
    for policy, rule in judged.met.deny:
        if denies(rule, judged):
            found.rule = (policy, rule.name)
            notes.refuse(Reason.RULE_DENIED)
            break
    if not (judged.done.is_base and judged.met.body.base_protocol is BaseProtocol.ALLOW):
        judge_allows(judged, notes, found)


def judge_allows(judged: Judged, notes: Notes, found: Found) -> None:
    """The first rule that fits and whose scopes are there, else the first that fits, with what it lacks."""
    fitting = [(policy, rule) for policy, rule in judged.met.allow if fits(rule, judged)]
    if not fitting:
        notes.refuse(Reason.TOOL_NOT_LISTED)
        return
    policy, rule = next(((p, r) for p, r in fitting if first_lack(r, judged) is None), fitting[0])
    found.rule = found.rule or (policy, rule.name)
    lack = first_lack(rule, judged)
    if lack is not None:
        notes.refuse(lack)
