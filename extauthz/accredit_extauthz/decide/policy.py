"""The rules: Deny first, then base protocol, then Allow; what no rule lists is denied."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from accredit_extauthz.contract.name_pattern import name_matches
from accredit_extauthz.contract.snapshot import BaseProtocol, Effect, HttpMatch, McpMatch, Rule
from accredit_extauthz.decide.scopes import Authority, check_scopes, has_scopes
from accredit_extauthz.decide.selectors import agents_match, users_match
from accredit_extauthz.model.decision import Evidence
from accredit_extauthz.model.delegation import Delegation, Hop
from accredit_extauthz.model.governing import Governing, PlacedRule
from accredit_extauthz.model.operation import Operation
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import refuse, shown

_ANY = "*"


@dataclass(frozen=True, slots=True)
class Attempt:
    """Who tries to do what, with everything that rules look at."""

    operation: Operation
    delegation: Delegation
    hops: tuple[Hop, ...]
    trusted: bool  # the user is of one of the governing policy's issuers
    paths: Mapping[str, re.Pattern[str]]


def check_denials(governing: Governing, attempt: Attempt, evidence: Evidence) -> None:
    """Refuse what a Deny rule covers. Raises rule_denied."""
    for placed in _fitting(governing.deny, attempt):
        _record(placed, evidence)
        refuse(Reason.RULE_DENIED, f"rule {placed.rule.name} of {placed.policy} denies it")


def is_open(governing: Governing, operation: Operation) -> bool:
    """Whether the operation is one of MCP's base methods and the policy leaves those to every authentic caller."""
    return operation.is_base and governing.body.base_protocol is BaseProtocol.ALLOW


def check_allows(governing: Governing, attempt: Attempt, authority: Authority, evidence: Evidence) -> None:
    """Find the first rule that fits operation, agent and user and whose scopes the caller has, and record it.

    Raises tool_not_listed, or the scope_* reason of the first rule that fits, which is recorded then.
    """
    fitting = tuple(_fitting(governing.allow, attempt))
    if not fitting:
        refuse(Reason.TOOL_NOT_LISTED, f"no Allow rule covers {_what(attempt.operation)} for this agent and user")
    chosen = next((placed for placed in fitting if has_scopes(authority, placed.rule.scopes)), fitting[0])
    _record(chosen, evidence)
    check_scopes(authority, chosen.rule.scopes)


def _what(operation: Operation) -> str:
    return operation.method if operation.name is None else shown(operation.name)


def _record(placed: PlacedRule, evidence: Evidence) -> None:
    """Keep the first rule that decided: in Audit mode that is the one whose refusal was noted."""
    if evidence.rule is None:
        evidence.rule = (placed.policy, placed.rule.name)
        evidence.required_scopes = placed.rule.scopes


def _fitting(rules: Iterable[PlacedRule], attempt: Attempt) -> Iterable[PlacedRule]:
    return (placed for placed in rules if _fits(placed.rule, attempt))


def _fits(rule: Rule, attempt: Attempt) -> bool:
    return (
        _does(rule, attempt.operation, attempt.paths)
        and agents_match(rule.agents, attempt.hops, rule.effect)
        and users_match(rule.users, attempt.delegation, rule.effect, trusted=attempt.trusted)
    )


def _does(rule: Rule, operation: Operation, paths: Mapping[str, re.Pattern[str]]) -> bool:
    if rule.http is not None:
        return _http_matches(rule.http, operation, _spellings(operation.path, rule.effect), paths)
    return rule.mcp is not None and _mcp_matches(rule.mcp, operation)


def _spellings(path: str, effect: Effect) -> tuple[str, ...]:
    """Return what a rule compares. In a Deny a last slash counts for nothing, as it does to many servers."""
    if effect is Effect.ALLOW or path == "/":
        return (path,)
    return (path, path.removesuffix("/") if path.endswith("/") else f"{path}/")


def _http_matches(
    match: HttpMatch, operation: Operation, spellings: tuple[str, ...], paths: Mapping[str, re.Pattern[str]]
) -> bool:
    if _ANY not in match.methods and operation.http_method not in match.methods:
        return False
    return any(paths[pattern].fullmatch(path) is not None for pattern in match.paths for path in spellings)


def _mcp_matches(match: McpMatch, operation: Operation) -> bool:
    """Whether method and name are meant. Under `*`, which only a Deny may say, an absent list means all names."""
    every_method = _ANY in match.methods
    if not every_method and operation.method not in match.methods:
        return False
    name, patterns = operation.name, _names_for(match, operation.method)
    if name is None or (patterns is None and every_method):
        return True
    return any(name_matches(pattern, name) for pattern in patterns or ())


def _names_for(match: McpMatch, method: str) -> tuple[str, ...] | None:
    match method.partition("/")[0]:
        case "tools":
            return match.tools
        case "prompts":
            return match.prompts
        case _:
            return match.resources
