import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_extauthz.contract.path_pattern import is_path_pattern
from accredit_extauthz.contract.snapshot import AgentSelector, Effect, HttpMatch, McpMatch, UserSelector
from fakes.objects import ALLOW, ALLOW_HTTP, DENY, Outcome, issuer, policy

HTTP = {"protocol": "HTTP"}


def compiled_rule(rule, **spec):
    outcome = Outcome(issuer(), policy(rules=[rule], **spec))
    assert outcome.verdict("crm").accepted, outcome.verdict("crm").message
    (found,) = outcome.policy().body.rules
    return found


def test_every_field_reaches_the_record():
    mcp = {
        "methods": ["tools/call", "resources/read", "prompts/get"],
        "tools": ["get_*"],
        "resources": ["file:*"],
        "prompts": ["*"],
    }
    agents = {"names": ["planner"], "namespaces": ["research"], "matchLabels": {"tier": "gold"}}
    users = {"subjects": ["alice"], "groups": ["sales"], "tenants": ["acme"]}
    rule = compiled_rule({**ALLOW, "mcp": mcp, "scopes": ["a", "b"], "agents": agents, "users": users})
    assert (rule.name, rule.effect, rule.scopes) == ("read", Effect.ALLOW, ("a", "b"))
    assert rule.mcp == McpMatch(
        methods=("tools/call", "resources/read", "prompts/get"), tools=("get_*",), resources=("file:*",), prompts=("*",)
    )
    assert rule.agents == AgentSelector(names=("planner",), namespaces=("research",), match_labels={"tier": "gold"})
    assert rule.users == UserSelector(subjects=("alice",), groups=("sales",), tenants=("acme",))
    assert rule.http is None


def test_an_http_rule_is_its_methods_and_paths():
    rule = compiled_rule({**ALLOW_HTTP, "http": {"methods": ["GET", "PUT"], "paths": ["/a/*", "/b/**"]}}, **HTTP)
    assert rule.http == HttpMatch(methods=("GET", "PUT"), paths=("/a/*", "/b/**"))
    assert rule.mcp is None


def test_absent_selectors_are_any_and_absent_namespaces_the_policys_own():
    rule = compiled_rule({**ALLOW, "agents": {"names": ["planner"]}})
    assert rule.agents == AgentSelector(names=("planner",), namespaces=("tools",))
    assert compiled_rule(ALLOW).agents is None
    assert compiled_rule(ALLOW).users is None


def test_an_allow_rule_may_say_that_it_needs_no_scopes():
    rule = {name: value for name, value in ALLOW.items() if name != "scopes"} | {"noScopesRequired": True}
    assert compiled_rule(rule).scopes == ()


class TestDenyAll:
    def test_a_deny_of_all_methods_covers_all_that_they_name(self):
        rule = compiled_rule({**DENY, "mcp": {"methods": ["*"]}})
        assert rule.mcp == McpMatch(methods=("*",))

    def test_it_can_be_narrowed(self):
        rule = compiled_rule({**DENY, "mcp": {"methods": ["*"], "tools": ["delete"]}})
        assert rule.mcp == McpMatch(methods=("*",), tools=("delete",))


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        pytest.param({**ALLOW, "scopes": None}, ".scopes", id="a null for scopes"),
        pytest.param({**ALLOW, "scopes": []}, ".scopes", id="an empty list of scopes"),
        pytest.param({**ALLOW, "noScopesRequired": True}, ".scopes", id="scopes and none of them"),
        pytest.param({**DENY, "scopes": ["s"]}, ".scopes", id="scopes in a Deny"),
        pytest.param({**ALLOW, "mcp": {"methods": ["tools/call"]}}, ".mcp.tools", id="a call without tools"),
        pytest.param({**ALLOW, "mcp": {"methods": ["ping"], "tools": ["x"]}}, ".mcp.tools", id="tools without a call"),
        pytest.param({**ALLOW, "mcp": {"methods": ["*"]}}, ".mcp.methods", id="all methods in an Allow"),
        pytest.param(
            {**ALLOW, "mcp": {"methods": ["tools/call"], "tools": ["a*b"]}}, ".mcp.tools[0]", id="a star in the middle"
        ),
        pytest.param(
            {**ALLOW, "mcp": {"methods": ["tools/call"], "tools": ["a\u0378"]}}, ".mcp.tools[0]", id="a hidden tool"
        ),
        pytest.param(
            {**ALLOW, "mcp": {"methods": ["resources/read"], "resources": ["a\u0378"]}},
            ".mcp.resources[0]",
            id="a hidden resource",
        ),
        pytest.param(
            {**ALLOW, "mcp": {"methods": ["prompts/get"], "prompts": ["a\u0378"]}},
            ".mcp.prompts[0]",
            id="a hidden prompt",
        ),
        pytest.param({**ALLOW, "users": {"subjects": ["a\u0378"]}}, ".users.subjects[0]", id="a hidden user"),
        pytest.param({**ALLOW, "users": {}}, ".users", id="an empty selector of users"),
        pytest.param({**ALLOW, "agents": {}}, ".agents", id="an empty selector of agents"),
        pytest.param({**ALLOW, "when": "true"}, ".when", id="a field that does not work yet"),
        pytest.param(ALLOW_HTTP, "s", id="a rule of the other protocol"),
    ],
)
def test_a_wrong_rule_makes_the_policy_invalid(rule, field):
    outcome = Outcome(issuer(), policy(rules=[rule]))
    at = "spec.rules" if field == "s" else f"spec.rules[0]{field}"
    assert at in [problem.field for problem in outcome.verdict("crm").problems]
    assert outcome.standings() == {"mcp.example": "invalid"}


@pytest.mark.parametrize("path", ["/a/../b", "//a", "a", "/a/**/b", "/a;b", "/a%2fb"])
def test_a_path_that_is_no_pattern_makes_it_invalid(path):
    rule = {**ALLOW_HTTP, "http": {"methods": ["GET"], "paths": ["/ok", path]}}
    outcome = Outcome(issuer(), policy(rules=[rule], **HTTP))
    assert "spec.rules[0].http.paths[1]" in [problem.field for problem in outcome.verdict("crm").problems]


@given(st.text(alphabet="a*/.;%2F~\\ ", max_size=8))
def test_a_path_pattern_that_is_accepted_is_one_that_can_be_matched(text):
    rule = {**ALLOW_HTTP, "http": {"methods": ["GET"], "paths": [text]}}
    assert Outcome(issuer(), policy(rules=[rule], **HTTP)).verdict("crm").accepted is is_path_pattern(text)


def test_two_rules_of_one_name_make_it_invalid():
    outcome = Outcome(issuer(), policy(rules=[ALLOW, ALLOW]))
    assert outcome.verdict("crm").problems[0].field.startswith("spec.rules")
