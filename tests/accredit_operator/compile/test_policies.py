import pytest

from accredit_operator.compile.verdict import ConditionReason
from fakes.objects import ALLOW, ALLOW_HTTP, DENY, Outcome, agent, host, issuer, policy

INVALID, CONFLICTED = ConditionReason.INVALID, ConditionReason.CONFLICTED
HTTP = {"protocol": "HTTP", "rules": [ALLOW_HTTP]}
DENIES = {"rules": [ALLOW, DENY]}
ACCOUNT = {"type": "ServiceAccount", "serviceAccount": {"name": "crm"}}
PRINCIPAL = "spiffe://cluster.local/ns/tools/sa/crm"


def both(first, second):
    """Two policies of one namespace; the first one's claim is the older."""
    return Outcome(
        issuer(),
        policy("first", created="2026-01-01T00:00:00Z", **first),
        policy("second", created="2026-01-02T00:00:00Z", **second),
    )


class TestOneTarget:
    def test_policies_that_agree_govern_together(self):
        other = [{**ALLOW, "name": "write", "scopes": ["other"]}]
        outcome = both({}, {"rules": other, "targets": [host("mcp.example", "more.example")]})
        assert outcome.standings("first") == {"mcp.example": "governs"}
        assert outcome.standings("second") == {"mcp.example": "governs", "more.example": "governs"}
        assert outcome.verdict("second").accepted

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param({"mode": "Audit"}, id="mode"),
            pytest.param({"audiences": ["https://other.example"]}, id="audiences"),
            pytest.param({"callers": ["Delegated", "User"]}, id="callers"),
            pytest.param({"requireWorkload": True}, id="requireWorkload"),
            pytest.param({"baseProtocol": "Rules"}, id="baseProtocol"),
            pytest.param({"headers": {"forwardToken": True}}, id="headers"),
            pytest.param({"denialBody": "Problem"}, id="denialBody"),
            pytest.param({"publicPaths": [{"path": "/healthz"}]}, id="publicPaths"),
            pytest.param({"userScopes": "Grants"}, id="userScopes"),
        ],
    )
    def test_a_later_one_that_differs_only_denies_there(self, change):
        outcome = both({}, change | {"targets": [host("mcp.example"), host("more.example")]})
        assert outcome.standings("first") == {"mcp.example": "governs"}
        assert outcome.standings("second") == {"mcp.example": "denies-only", "more.example": "governs"}
        assert outcome.reasons("second") == [("spec.targets[0]", CONFLICTED)]

    def test_the_order_of_callers_is_no_difference(self):
        outcome = both({"callers": ["Delegated", "User"]}, {"callers": ["User", "Delegated"]})
        assert outcome.verdict("second").accepted

    def test_an_older_invalid_one_does_not_govern(self):
        outcome = both({"issuers": [{"name": "nobody"}]}, {})
        assert outcome.standings("first") == {"mcp.example": "invalid"}
        assert outcome.standings("second") == {"mcp.example": "governs"}

    def test_principals_conflict_like_hosts(self):
        outcome = both({"targets": [ACCOUNT]}, {"targets": [ACCOUNT], "mode": "Audit"})
        assert outcome.standings("second") == {PRINCIPAL: "denies-only"}


class TestUnjudgeable:
    """An mcp Deny rule cannot be judged where an HTTP policy governs."""

    @pytest.mark.parametrize(
        ("broad", "narrow"),
        [
            pytest.param(host("*.corp.example"), host("a.corp.example"), id="a wildcard over a host"),
            pytest.param(host("a.corp.example"), host("a.corp.example", paths=["/x"]), id="a host over a path"),
            pytest.param(ACCOUNT, ACCOUNT, id="one principal"),
            pytest.param(host("a.corp.example"), host("a.corp.example"), id="one host"),
        ],
    )
    def test_the_broader_policy_is_invalid(self, broad, narrow):
        outcome = both(HTTP | {"targets": [narrow]}, DENIES | {"targets": [broad]})
        assert outcome.reasons("second") == [("spec.targets[0]", INVALID)]
        assert set(outcome.standings("second").values()) == {"invalid"}
        assert set(outcome.standings("first").values()) == {"governs"}

    @pytest.mark.parametrize(
        ("broad", "narrow"),
        [
            pytest.param({"targets": [host("*.corp.example")]}, HTTP, id="without Deny rules"),
            pytest.param(DENIES | {"targets": [host("*.corp.example")], "mode": "Audit"}, HTTP, id="in Audit"),
            pytest.param(DENIES | {"targets": [host("*.corp.example")], "mode": "Disabled"}, HTTP, id="when Disabled"),
            pytest.param(DENIES | {"targets": [host("*.corp.example")]}, {}, id="over an MCP policy"),
            pytest.param(DENIES | {"targets": [host("*.other.example")]}, HTTP, id="elsewhere"),
            pytest.param(DENIES | {"targets": [ACCOUNT]}, HTTP, id="at a principal"),
            pytest.param(
                {
                    "protocol": "HTTP",
                    "rules": [ALLOW_HTTP, {**ALLOW_HTTP, "name": "no", "effect": "Deny", "scopes": ...}],
                }
                | {"targets": [host("*.corp.example")]},
                {},
                id="an http Deny over an MCP policy",
            ),
        ],
    )
    def test_a_policy_stays_valid(self, broad, narrow):
        broad = broad | {
            "rules": [
                {name: value for name, value in rule.items() if value is not ...}
                for rule in broad.get("rules", [ALLOW])
            ]
        }
        outcome = both({"targets": [host("a.corp.example")]} | narrow, broad)
        assert outcome.verdict("second").accepted, outcome.verdict("second").message

    def test_an_older_mcp_policy_on_the_very_target_stays_valid(self):
        outcome = both(DENIES, HTTP)
        assert outcome.standings("first") == {"mcp.example": "governs"}
        assert outcome.standings("second") == {"mcp.example": "denies-only"}

    def test_a_policy_of_another_namespace_does_not_reach_in(self):
        outcome = Outcome(
            issuer(),
            policy("exact", "red", created="2020-01-01T00:00:00Z", targets=[host("a.corp.example")], **HTTP),
            policy("broad", "blue", targets=[host("*.corp.example")], **DENIES),
        )
        assert outcome.verdict("broad").accepted


def test_an_invalid_policy_says_nothing_but_where_it_stands():
    outcome = Outcome(issuer(), policy(audiences=[]))
    assert outcome.policy().body is None
    assert outcome.standings() == {"mcp.example": "invalid"}


def test_generation_reaches_record_and_verdict():
    document = policy()
    document["metadata"]["generation"] = 7
    outcome = Outcome(issuer(), document)
    assert (outcome.policy().generation, outcome.verdict("crm").generation) == (7, 7)


def test_a_policy_that_compiles_too_large_is_denied():
    names = [f"{'x' * 240}{number}" for number in range(64)]
    rules = [
        {
            **ALLOW,
            "name": f"r{number}",
            "mcp": {"methods": ["tools/call"], "tools": names},
            "users": {"subjects": names},
        }
        for number in range(20)
    ]
    outcome = Outcome(issuer(), policy(rules=rules))
    assert outcome.reasons("crm") == [("spec", ConditionReason.TOO_LARGE)]
    assert outcome.standings() == {"mcp.example": "invalid"}


def test_objects_of_other_kinds_do_not_disturb():
    assert Outcome(issuer(), agent(), policy()).verdict("crm").accepted
