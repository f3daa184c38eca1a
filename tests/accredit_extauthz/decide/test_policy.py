from typing import Any

import pytest

from accredit_extauthz.contract.snapshot import (
    AgentSelector,
    BaseProtocol,
    Effect,
    HttpMatch,
    McpMatch,
    PolicyBody,
    Protocol,
    Rule,
    UserSelector,
)
from accredit_extauthz.model.reason import Reason
from fakes.scene import IDP, body, call, http_rule, mcp_call, mcp_rule, policy, ruled, tool_call, view


def http_policy(*rules: Rule) -> dict[str, Any]:
    return {"policies": (policy(body=body(rules=rules)),)}


def mcp_body(*rules: Rule, **changes: Any) -> PolicyBody:
    return body(protocol=Protocol.MCP, rules=rules, **changes)


def denying(**changes: Any) -> Rule:
    return http_rule(**({"name": "no", "effect": Effect.DENY, "scopes": ()} | changes))


EVERYTHING = HttpMatch(methods=("*",), paths=("/**",))


@pytest.mark.parametrize(
    ("method", "path", "reason"),
    [
        ("GET", "/v1/contacts", Reason.ALLOWED),
        ("GET", "/v1/contacts/42", Reason.ALLOWED),
        ("GET", "/v1/contacts/42/notes", Reason.TOOL_NOT_LISTED),
        ("POST", "/v1/contacts", Reason.TOOL_NOT_LISTED),
        ("HEAD", "/v1/contacts", Reason.TOOL_NOT_LISTED),
        ("GET", "/v1", Reason.TOOL_NOT_LISTED),
    ],
)
def test_what_no_rule_lists_is_denied(method: str, path: str, reason: Reason) -> None:
    assert ruled(call(method=method, path=path)).reason is reason


@pytest.mark.parametrize(
    ("denied", "asked", "reason"),
    [
        pytest.param("/admin", "/admin/", Reason.RULE_DENIED, id="one more in the request"),
        pytest.param("/admin/", "/admin", Reason.RULE_DENIED, id="one more in the rule"),
        pytest.param("/*", "/admin/", Reason.RULE_DENIED, id="after a star"),
        pytest.param("/admin/**", "/admin/", Reason.ALLOWED, id="where the path itself is not denied"),
        pytest.param("/admin", "/", Reason.ALLOWED, id="the root is its own"),
        pytest.param("/admin", "/administrators/", Reason.ALLOWED, id="another path"),
    ],
)
def test_a_last_slash_evades_no_deny(denied: str, asked: str, reason: Reason) -> None:
    deny = denying(http=HttpMatch(methods=("*",), paths=(denied,)))
    allow = http_rule(http=HttpMatch(methods=("GET",), paths=("/**",)))
    assert ruled(call(path=asked), view(**http_policy(deny, allow))).reason is reason


@pytest.mark.parametrize(
    ("denied", "asked"),
    [
        pytest.param("/admin", "/ADMIN", id="in the request"),
        pytest.param("/Admin/**", "/admin/x", id="in the rule"),
        pytest.param("/J%C3%BCrgen", "/j%C3%BCrgen/", id="beside an escape"),
    ],
)
def test_case_evades_no_deny(denied: str, asked: str) -> None:
    deny = denying(http=HttpMatch(methods=("*",), paths=(denied,)))
    allow = http_rule(http=HttpMatch(methods=("GET",), paths=("/**",)))
    assert ruled(call(path=asked), view(**http_policy(deny, allow))).reason is Reason.RULE_DENIED


def test_case_counts_in_an_allow() -> None:
    assert ruled(call(path="/v1/Contacts")).reason is Reason.TOOL_NOT_LISTED
    seen = view(**http_policy(http_rule(http=HttpMatch(methods=("GET",), paths=("/v1/Contacts",)))))
    assert ruled(call(path="/v1/Contacts"), seen).reason is Reason.ALLOWED
    assert ruled(call(), seen).reason is Reason.TOOL_NOT_LISTED


def test_a_last_slash_counts_in_an_allow() -> None:
    assert ruled(call(path="/v1/contacts/")).reason is Reason.TOOL_NOT_LISTED


@pytest.mark.parametrize(
    ("deny", "reason"),
    [
        pytest.param(denying(http=EVERYTHING), Reason.RULE_DENIED, id="everything"),
        pytest.param(denying(), Reason.RULE_DENIED, id="the same operation"),
        pytest.param(denying(http=HttpMatch(methods=("PUT",), paths=("/**",))), Reason.ALLOWED, id="another method"),
        pytest.param(denying(http=HttpMatch(methods=("*",), paths=("/x",))), Reason.ALLOWED, id="another path"),
        pytest.param(denying(agents=AgentSelector(namespaces=("research",))), Reason.RULE_DENIED, id="its agents"),
        pytest.param(denying(agents=AgentSelector(namespaces=("x",))), Reason.ALLOWED, id="other agents"),
        pytest.param(denying(users=UserSelector(subjects=("bob",))), Reason.ALLOWED, id="another user"),
        pytest.param(denying(users=UserSelector(groups=("bad",))), Reason.RULE_DENIED, id="unknown groups"),
    ],
)
def test_a_deny_overrides_every_allow(deny: Rule, reason: Reason) -> None:
    decision = ruled(call(), view(**http_policy(http_rule(), deny)))
    assert decision.reason is reason
    assert decision.evidence.rule == (policy().ref, "no" if reason is Reason.RULE_DENIED else "read")


@pytest.mark.parametrize(
    "change",
    [
        {"agents": AgentSelector(names=("other",), namespaces=("research",))},
        {"users": UserSelector(groups=("sales",))},
    ],
    ids=["agents", "users"],
)
def test_an_allow_for_others_allows_nothing(change: dict[str, Any]) -> None:
    assert ruled(call(), view(**http_policy(http_rule(**change)))).reason is Reason.TOOL_NOT_LISTED


@pytest.mark.parametrize(
    ("message", "match", "reason"),
    [
        pytest.param(tool_call("contacts.search"), None, Reason.ALLOWED, id="a listed tool"),
        pytest.param(tool_call("contacts.get_one"), None, Reason.ALLOWED, id="a tool under a star"),
        pytest.param(tool_call("contacts.delete"), None, Reason.TOOL_NOT_LISTED, id="another tool"),
        pytest.param(tool_call("contacts.Search"), None, Reason.TOOL_NOT_LISTED, id="another case"),
        pytest.param(
            {"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": {"uri": "file:///a"}},
            McpMatch(methods=("resources/read",), resources=("file:///*",)),
            Reason.ALLOWED,
            id="a resource",
        ),
        pytest.param(
            {"jsonrpc": "2.0", "id": 1, "method": "prompts/get", "params": {"name": "greet"}},
            McpMatch(methods=("prompts/get",), prompts=("greet",)),
            Reason.ALLOWED,
            id="a prompt",
        ),
        pytest.param(
            {"jsonrpc": "2.0", "id": 1, "method": "prompts/get", "params": {"name": "greet"}},
            McpMatch(methods=("prompts/get", "tools/call"), tools=("greet",)),
            Reason.TOOL_NOT_LISTED,
            id="a prompt where only tools are named",
        ),
        pytest.param(
            {"jsonrpc": "2.0", "id": 1, "method": "completion/complete", "params": {}},
            McpMatch(methods=("completion/complete",)),
            Reason.ALLOWED,
            id="a method that names nothing",
        ),
        pytest.param(
            {"jsonrpc": "2.0", "id": 1, "method": "completion/complete", "params": {}},
            None,
            Reason.TOOL_NOT_LISTED,
            id="a method that no rule lists",
        ),
    ],
)
def test_mcp_rules_match_method_and_name(message: object, match: McpMatch | None, reason: Reason) -> None:
    rule = mcp_rule() if match is None else mcp_rule(mcp=match)
    assert ruled(mcp_call(message), view(policies=(policy(body=mcp_body(rule)),))).reason is reason


def test_a_star_for_methods_denies_every_message() -> None:
    deny = mcp_rule(name="no", effect=Effect.DENY, scopes=(), mcp=McpMatch(methods=("*",)))
    seen = view(policies=(policy(body=mcp_body(mcp_rule(), deny)),))
    for message in (tool_call(), {"jsonrpc": "2.0", "id": 1, "method": "ping"}):
        assert ruled(mcp_call(message), seen).reason is Reason.RULE_DENIED


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (tool_call("contacts.get_one"), Reason.RULE_DENIED),
        (tool_call("contacts.search"), Reason.ALLOWED),
        ({"jsonrpc": "2.0", "id": 1, "method": "ping"}, Reason.RULE_DENIED),
        (
            {"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": {"uri": "file:///a"}},
            Reason.RULE_DENIED,
        ),
    ],
)
def test_a_star_beside_names_denies_all_but_other_names_of_that_kind(message: object, reason: Reason) -> None:
    match = McpMatch(methods=("*",), tools=("contacts.get_*",))
    deny = mcp_rule(name="no", effect=Effect.DENY, scopes=(), mcp=match)
    assert ruled(mcp_call(message), view(policies=(policy(body=mcp_body(mcp_rule(), deny)),))).reason is reason


LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}


def test_base_methods_are_open_to_every_authentic_caller_unless_rules_are_asked_for() -> None:
    seen = {base: view(policies=(policy(body=mcp_body(mcp_rule(), base_protocol=base)),)) for base in BaseProtocol}
    opened = ruled(mcp_call(LIST, IDP.mint(IDP.claims(scope=None))), seen[BaseProtocol.ALLOW])
    assert (opened.reason, opened.evidence.rule) == (Reason.ALLOWED, None)
    assert ruled(mcp_call(LIST), seen[BaseProtocol.RULES]).reason is Reason.TOOL_NOT_LISTED


def test_a_rule_can_list_a_base_method() -> None:
    rule = mcp_rule(mcp=McpMatch(methods=("tools/list",)))
    seen = view(policies=(policy(body=mcp_body(rule, base_protocol=BaseProtocol.RULES)),))
    assert ruled(mcp_call(LIST), seen).reason is Reason.ALLOWED


def test_http_rules_never_allow_a_message_and_mcp_rules_never_a_request() -> None:
    assert ruled(mcp_call(tool_call()), view(policies=(policy(body=mcp_body(mcp_rule(mcp=None))),))).reason is (
        Reason.TOOL_NOT_LISTED
    )
    assert ruled(call(), view(**http_policy(mcp_rule()))).reason is Reason.TOOL_NOT_LISTED


@pytest.mark.parametrize(
    ("message", "named"),
    [
        pytest.param(tool_call("contacts.delete"), "'contacts.delete'", id="what is called, if it has a name"),
        pytest.param(
            {"jsonrpc": "2.0", "id": 1, "method": "completion/complete"}, "completion/complete", id="else how"
        ),
    ],
)
def test_a_refusal_names_what_no_rule_covers(message: object, named: str) -> None:
    refused = ruled(mcp_call(message), view(policies=(policy(body=mcp_body(mcp_rule())),)))
    assert refused.reason is Reason.TOOL_NOT_LISTED
    assert f"covers {named} for" in refused.message
