"""The rules: Deny first, then base protocol, then Allow; what no rule lists is denied."""

import re
from collections.abc import Mapping

from accredit_extauthz.contract.name_pattern import name_matches
from accredit_extauthz.contract.path_pattern import without_case
from accredit_extauthz.contract.shown import shown
from accredit_extauthz.contract.snapshot import BaseProtocol, Effect, HttpMatch, McpMatch, Rule
from accredit_extauthz.decide.scopes import check_scopes, has_scopes
from accredit_extauthz.decide.warrant import Warrant
from accredit_extauthz.model.decision import Evidence
from accredit_extauthz.model.governing import Governing, PlacedRule
from accredit_extauthz.model.operation import Operation
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import refuse

_ANY = "*"


Paths = Mapping[str, re.Pattern[str]]  # path patterns, those of Deny rules without case, compiled


def check_denials(warrant: Warrant, operation: Operation, paths: Paths, evidence: Evidence) -> None:
    """Refuse what a Deny rule covers. Raises rule_denied."""
    for placed in warrant.deny:
        if _covers(placed.rule, operation, paths):
            _record(placed, evidence)
            refuse(Reason.RULE_DENIED, f"rule {placed.rule.name} of {placed.policy} denies it")


def is_open(governing: Governing, operation: Operation) -> bool:
    """Whether the operation is one of MCP's base methods and the policy leaves those to every authentic caller."""
    return operation.is_base and governing.body.base_protocol is BaseProtocol.ALLOW


def check_allows(warrant: Warrant, operation: Operation, paths: Paths, evidence: Evidence) -> None:
    """Find the first rule that fits operation, agent and user and whose scopes the caller has, and record it.

    Raises tool_not_listed, or the scope_* reason of the first rule that fits, which is recorded then.
    """
    first: PlacedRule | None = None
    for placed in warrant.allow:
        if _covers(placed.rule, operation, paths):
            if has_scopes(warrant.authority, placed.rule.scopes):
                _record(placed, evidence)
                return
            first = first or placed
    if first is None:
        refuse(Reason.TOOL_NOT_LISTED, f"no Allow rule covers {_what(operation)} for this agent and user")
    _record(first, evidence)
    check_scopes(warrant.authority, first.rule.scopes)


def _what(operation: Operation) -> str:
    return operation.method if operation.name is None else shown(operation.name)


def _record(placed: PlacedRule, evidence: Evidence) -> None:
    """Keep the first rule that decided: in Audit mode that is the one whose refusal was noted."""
    if evidence.rule is None:
        evidence.rule = (placed.policy, placed.rule.name)
        evidence.required_scopes = placed.rule.scopes


def _covers(rule: Rule, operation: Operation, paths: Paths) -> bool:
    if rule.http is not None:
        return _http_matches(rule.http, operation, rule.effect, paths)
    return rule.mcp is not None and _mcp_matches(rule.mcp, operation)


def _spellings(path: str, effect: Effect) -> tuple[str, ...]:
    """Return what a rule compares. In a Deny case and a last slash count for nothing, as they do to many servers."""
    if effect is Effect.ALLOW or path == "/":
        return (path,)
    path = without_case(path)
    return (path, path.removesuffix("/") if path.endswith("/") else f"{path}/")


def _http_matches(match: HttpMatch, operation: Operation, effect: Effect, paths: Paths) -> bool:
    if operation.http_method not in match.methods and _ANY not in match.methods:
        return False
    spellings = _spellings(operation.path, effect)
    for pattern in match.paths:
        fits = paths[pattern if effect is Effect.ALLOW else without_case(pattern)].fullmatch
        for path in spellings:
            if fits(path) is not None:
                return True
    return False


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
