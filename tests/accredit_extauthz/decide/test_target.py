from typing import Any

import pytest

from accredit_extauthz.contract.names import Principal
from accredit_extauthz.contract.snapshot import (
    Effect,
    HostOwner,
    HttpMatch,
    Mode,
    PolicyRecord,
    PrincipalTarget,
    Protocol,
    Standing,
)
from accredit_extauthz.decide.view import Deployment, View
from accredit_extauthz.model.reason import Reason
from fakes.scene import body, call, host_target, http_rule, mcp_call, mcp_rule, policy, ruled, tool_call, view

OWNERS = tuple(HostOwner(pattern=pattern, namespace="tools") for pattern in ("crm.example", "*.example"))
DENY_ALL = http_rule(name="no", effect=Effect.DENY, scopes=(), http=HttpMatch(methods=("*",), paths=("/**",)))


def seen(*policies: PolicyRecord, owners: tuple[HostOwner, ...] = OWNERS, **deployment: Any) -> View:
    return view(Deployment(**deployment), policies=policies, owners=owners)


def at(
    host: str, path: str = "", name: str = "p", standing: Standing = Standing.GOVERNS, **changes: Any
) -> PolicyRecord:
    """A policy at a host; `changes` are of its body, or `body=None` for an invalid one."""
    content = changes["body"] if "body" in changes else body(**changes)
    return policy(name, targets=(host_target(host, path, standing),), body=content)


def governor(view: View, **changes: Any) -> str:
    decision = ruled(call(**changes), view)
    assert decision.reason is Reason.ALLOWED, decision.message
    assert decision.evidence.governing is not None
    return decision.evidence.governing.policy.name


@pytest.mark.parametrize(
    ("placed", "governs"),
    [
        pytest.param([("*.example", ""), ("crm.example", "")], "crm.example", id="exact over wildcard"),
        pytest.param([("crm.example", ""), ("crm.example", "/v1")], "crm.example/v1", id="a longer path"),
        pytest.param(
            [("crm.example", "/v1"), ("crm.example", "/v1/contacts")], "crm.example/v1/contacts", id="longest"
        ),
        pytest.param(
            [("crm.example", "/v2"), ("*.example", "/v1/contacts")], "*.example/v1/contacts", id="what covers"
        ),
        pytest.param([("crm.example", "/v"), ("*.example", "")], "*.example", id="paths end on segment borders"),
        pytest.param([("crm.example", ""), ("*.example", "/v1/contacts")], "crm.example", id="host before path"),
    ],
)
def test_the_most_specific_target_governs(placed: list[tuple[str, str]], governs: str) -> None:
    policies = [at(host, path, name=f"{host}{path}") for host, path in placed]
    assert governor(seen(*policies)) == governs
    assert governor(seen(*reversed(policies))) == governs


@pytest.mark.parametrize("host", ["other.example.org", "crm", "10.0.0.1", "[::1]", "example"])
def test_a_host_without_a_policy_is_denied(host: str) -> None:
    assert ruled(call(host=host), seen(at("crm.example"))).reason is Reason.NO_POLICY


def test_a_path_without_a_policy_is_denied() -> None:
    assert ruled(call(path="/v2"), seen(at("crm.example", "/v1"))).reason is Reason.NO_POLICY


def test_policies_of_the_same_target_govern_together() -> None:
    policies = (at("crm.example", name="b"), at("crm.example", name="a", rules=()))
    decision = ruled(call(), seen(*policies))
    assert decision.evidence.governing is not None
    assert decision.evidence.governing.policy.name == "a"
    assert decision.evidence.rule == (policies[0].ref, "read")


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        pytest.param(at("*.example", name="z", rules=(DENY_ALL,)), Reason.RULE_DENIED, id="a broader policy denies"),
        pytest.param(
            at("*.example", name="z", rules=(DENY_ALL,), mode=Mode.AUDIT), Reason.ALLOWED, id="a broader one observes"
        ),
        pytest.param(
            at("*.example", name="z", mode=Mode.DISABLED), Reason.POLICY_DISABLED, id="a broader one is disabled"
        ),
        pytest.param(
            at("*.example", name="z", standing=Standing.INVALID, body=None),
            Reason.POLICY_INVALID,
            id="a broader is invalid",
        ),
        pytest.param(
            at("crm.example", name="z", standing=Standing.DENIES_ONLY, rules=(DENY_ALL,)),
            Reason.RULE_DENIED,
            id="a conflicted one denies",
        ),
        pytest.param(
            at("crm.example", name="a", standing=Standing.DENIES_ONLY, audiences=("x",)),
            Reason.ALLOWED,
            id="a conflicted one's settings do not count",
        ),
        pytest.param(
            at("crm.example", name="z", mode=Mode.DISABLED), Reason.POLICY_DISABLED, id="disabled at the target"
        ),
        pytest.param(at("crm.example", "/v2", name="z", rules=(DENY_ALL,)), Reason.ALLOWED, id="another path denies"),
        pytest.param(at("a.crm.example", name="z", rules=(DENY_ALL,)), Reason.ALLOWED, id="a narrower host denies"),
    ],
)
def test_what_else_reaches_the_request_can_only_take_away(other: PolicyRecord, reason: Reason) -> None:
    assert ruled(call(), seen(at("crm.example", name="m"), other)).reason is reason


def test_a_conflicted_policy_governs_nothing_alone() -> None:
    assert ruled(call(), seen(at("crm.example", standing=Standing.DENIES_ONLY))).reason is Reason.NO_POLICY


def test_a_broader_policys_allow_rules_do_not_reach_a_narrower_target() -> None:
    policies = (at("*.example", name="broad"), at("crm.example", name="narrow", rules=()))
    assert ruled(call(), seen(*policies)).reason is Reason.TOOL_NOT_LISTED


def test_http_deny_rules_are_judged_on_mcp_messages() -> None:
    mcp = at("crm.example", "/mcp", name="m", protocol=Protocol.MCP, rules=(mcp_rule(),))
    assert ruled(mcp_call(tool_call()), seen(mcp)).reason is Reason.ALLOWED
    assert ruled(mcp_call(tool_call()), seen(mcp, at("crm.example", name="z", rules=(DENY_ALL,)))).reason is (
        Reason.RULE_DENIED
    )


def test_only_the_owner_of_a_host_has_a_say_there() -> None:
    intruder = policy("x", "evil", targets=(host_target("*.example"),), body=body(mode=Mode.DISABLED))
    assert ruled(call(), seen(at("crm.example"), intruder)).reason is Reason.ALLOWED


def test_the_exact_owner_stands_before_the_owner_of_the_wildcard() -> None:
    owners = (HostOwner(pattern="crm.example", namespace="tools"), HostOwner(pattern="*.example", namespace="wide"))
    wide = policy("w", "wide", targets=(host_target("*.example"),))
    assert governor(seen(wide, at("crm.example", name="mine"), owners=owners)) == "mine"
    assert governor(seen(wide, owners=owners), host="x.example") == "w"
    assert ruled(call(), seen(wide, owners=owners)).reason is Reason.NO_POLICY


def test_a_host_that_nobody_owns_has_no_policy() -> None:
    assert ruled(call(), seen(at("crm.example"), owners=())).reason is Reason.NO_POLICY


# --- the pinned policy

PIN = "accredit.dev/policy"


@pytest.mark.parametrize(
    ("extensions", "reason"),
    [
        pytest.param({PIN: "tools/pinned"}, Reason.ALLOWED, id="by namespace and name"),
        pytest.param({PIN: "tools/gone"}, Reason.NO_POLICY, id="to nothing"),
        pytest.param({PIN: "pinned"}, Reason.NO_POLICY, id="without a namespace"),
        pytest.param({PIN: ""}, Reason.NO_POLICY, id="to the empty name"),
        pytest.param({"accredit.dev/polcy": "tools/pinned"}, Reason.NO_POLICY, id="with a typo"),
        pytest.param({"example.com/x": "y"}, Reason.NO_POLICY, id="not at all: the host decides"),
    ],
)
def test_a_pinned_policy_is_final(extensions: dict[str, str], reason: Reason) -> None:
    pinned = at("elsewhere.example", name="pinned")
    assert ruled(call(host="crm.test", extensions=extensions), seen(pinned)).reason is reason


def test_a_pinned_policy_is_of_the_hosts_owner() -> None:
    foreign = policy("pinned", "other")
    asked = {"extensions": {PIN: "other/pinned"}}
    assert ruled(call(**asked), seen(foreign)).reason is Reason.NO_POLICY
    assert ruled(call(host="crm", **asked), seen(foreign)).reason is Reason.ALLOWED


@pytest.mark.parametrize(
    ("policies", "reason"),
    [
        pytest.param([at("a.test", name="pinned", mode=Mode.DISABLED)], Reason.POLICY_DISABLED, id="disabled"),
        pytest.param([at("a.test", name="pinned", body=None)], Reason.POLICY_INVALID, id="invalid"),
        pytest.param(
            [at("a.test", name="pinned"), at("crm.example", rules=(DENY_ALL,))],
            Reason.RULE_DENIED,
            id="denied by the host",
        ),
        pytest.param(
            [at("a.test", name="pinned", rules=()), at("crm.example")],
            Reason.TOOL_NOT_LISTED,
            id="not allowed by the host",
        ),
        pytest.param(
            [at("crm.example", name="pinned", mode=Mode.AUDIT, rules=(http_rule(), DENY_ALL))],
            Reason.RULE_DENIED,
            id="its own deny rules, once",
        ),
    ],
)
def test_a_pinned_policy_governs_alone(policies: list[PolicyRecord], reason: Reason) -> None:
    assert ruled(call(extensions={PIN: "tools/pinned"}), seen(*policies)).reason is reason


def test_a_deny_of_messages_cannot_be_judged_under_a_pinned_http_policy() -> None:
    deny = mcp_rule(name="no", effect=Effect.DENY, scopes=())
    policies = (at("a.test", name="pinned"), at("crm.example", protocol=Protocol.MCP, rules=(deny,)))
    decision = ruled(call(extensions={PIN: "tools/pinned"}), seen(*policies))
    assert decision.reason is Reason.POLICY_INVALID
    assert decision.evidence.policy == policies[1].ref


# --- the destination workload

CRM = Principal("spiffe://cluster.local/ns/tools/sa/crm")


def at_workload(name: str = "w") -> PolicyRecord:
    return policy(name, targets=(PrincipalTarget(principal=CRM, standing=Standing.GOVERNS),))


@pytest.mark.parametrize(
    ("destination", "gateways", "governs"),
    [
        pytest.param(CRM, frozenset(), "w", id="a workload of ours"),
        pytest.param("", frozenset(), "h", id="no certificate"),
        pytest.param("spiffe://elsewhere/ns/tools/sa/crm", frozenset(), "h", id="another trust domain"),
        pytest.param("spiffe://cluster.local.evil/x", frozenset(), "h", id="a domain that starts alike"),
        pytest.param(CRM, frozenset({CRM}), "h", id="a gateway"),
    ],
)
def test_the_destination_decides_where_it_is_a_workload(destination: str, gateways: Any, governs: str) -> None:
    both = seen(at_workload(), at("crm.example", name="h"), gateway_identities=gateways)
    assert governor(both, destination=destination) == governs


def test_a_workload_without_a_policy_is_not_looked_up_by_host() -> None:
    other = "spiffe://cluster.local/ns/tools/sa/other"
    assert ruled(call(destination=other), seen(at_workload(), at("crm.example"))).reason is Reason.NO_POLICY


def test_a_host_does_not_matter_to_a_workload() -> None:
    assert governor(seen(at_workload()), destination=CRM, host="evil.example") == "w"


def test_what_governs_a_place_is_found_once_while_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = view(policies=(policy(targets=(host_target(path="/v1"), host_target())),))
    first, second = (ruled(call(path=path), seen).evidence.governing for path in ("/v1/contacts", "/v1/contacts/7"))
    assert first is not None
    assert second is first
    monkeypatch.setattr("accredit_extauthz.decide.target._MAX_PLACES", 1)
    elsewhere = [ruled(call(path="/"), seen).evidence.governing for _ in range(2)]
    assert elsewhere[0] == elsewhere[1] == first
    assert elsewhere[0] is not elsewhere[1]
