"""Chains are judged through `decide`, as a caller meets them; the table changes agents, tokens and the moment."""

from typing import Any

import pytest

from accredit_extauthz.contract.names import AgentRef, IssuerName
from accredit_extauthz.contract.snapshot import ActsFor, AgentRecord, CallerKind, Identity
from accredit_extauthz.model.call import Peer
from accredit_extauthz.model.decision import Ruling
from accredit_extauthz.model.reason import Reason
from fakes.issuer import NOW, FakeIssuer
from fakes.scene import IDP, agent, body, call, claims_call, issuer_record, policy, ruled, view

PLANNER, RESEARCHER, REPORTER = (AgentRef("research", name) for name in ("planner", "researcher", "reporter"))
IAT = NOW - 10
SKEW = 5


def chain_of(*names: str) -> dict[str, Any]:
    """The `act` claim of a chain, root first."""
    act: dict[str, Any] = {}
    for name in names:
        act = {"sub": f"agent:{name}"} | ({"act": act} if act else {})
    return act


def team(**changes: dict[str, Any]) -> tuple[AgentRecord, ...]:
    """planner -> researcher -> reporter, with changes by name."""
    fields: dict[str, dict[str, Any]] = {
        "planner": {"delegates_to": (RESEARCHER,)},
        "researcher": {"delegates_to": (REPORTER,), "acts_for": None},
        "reporter": {"acts_for": None},
    }
    return tuple(agent(name, **(fields[name] | changes.get(name, {}))) for name in fields)


def reason_of(agents: tuple[AgentRecord, ...], *names: str, **claims: Any) -> Reason:
    return ruled(claims_call(act=chain_of(*names), **claims), view(agents=agents)).reason


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        pytest.param(["planner"], Reason.ALLOWED, id="one hop"),
        pytest.param(["planner", "researcher"], Reason.ALLOWED, id="two hops"),
        pytest.param(["planner", "researcher", "reporter"], Reason.ALLOWED, id="three hops"),
        pytest.param(["researcher", "planner"], Reason.EDGE_NOT_GRANTED, id="reversed"),
        pytest.param(["planner", "reporter"], Reason.EDGE_NOT_GRANTED, id="a hop left out"),
        pytest.param(["researcher"], Reason.ACTS_FOR_NOT_GRANTED, id="an inner agent alone"),
        pytest.param(["planner", "stranger"], Reason.AGENT_UNKNOWN, id="an unknown current actor"),
        pytest.param(["stranger", "planner"], Reason.AGENT_UNKNOWN, id="an unknown root"),
        pytest.param(["Planner"], Reason.AGENT_UNKNOWN, id="another case"),
        pytest.param(["planner", "planner"], Reason.CHAIN_CYCLE, id="an agent twice"),
        pytest.param(["planner", "researcher", "planner"], Reason.CHAIN_CYCLE, id="an agent again"),
    ],
)
def test_a_chain_needs_every_hop_and_every_edge(names: list[str], reason: Reason) -> None:
    assert reason_of(team(), *names) is reason


@pytest.mark.parametrize("cut", ["planner", "researcher", "reporter"])
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"suspended": True}, Reason.AGENT_SUSPENDED, id="suspended"),
        pytest.param({"valid": False}, Reason.AGENT_INVALID, id="invalid"),
        pytest.param({"expires_at": NOW}, Reason.AGENT_EXPIRED, id="expires now"),
        pytest.param({"expires_at": NOW + 1}, Reason.ALLOWED, id="expires in a second"),
        pytest.param({"revoked_before": IAT - SKEW}, Reason.AGENT_REVOKED, id="revoked up to the token, with skew"),
        pytest.param({"revoked_before": IAT - SKEW - 1}, Reason.ALLOWED, id="revoked just before the token"),
        pytest.param({"created_at": IAT}, Reason.AGENT_REVOKED, id="created with the token"),
        pytest.param({"created_at": IAT - 1}, Reason.ALLOWED, id="created before the token"),
    ],
)
def test_a_cut_agent_cuts_every_chain_it_is_in(cut: str, change: dict[str, Any], reason: Reason) -> None:
    assert reason_of(team(**{cut: change}), "planner", "researcher", "reporter") is reason


def test_the_first_hop_that_is_cut_gives_the_reason() -> None:
    agents = team(planner={"expires_at": NOW}, researcher={"suspended": True})
    assert reason_of(agents, "planner", "researcher") is Reason.AGENT_EXPIRED


def test_the_current_actor_bounds_the_length() -> None:
    agents = team(researcher={"max_chain_length": 1}, reporter={"max_chain_length": 2})
    assert reason_of(agents, "planner", "researcher") is Reason.CHAIN_TOO_LONG
    assert reason_of(agents, "planner", "researcher", "reporter") is Reason.CHAIN_TOO_LONG
    assert reason_of(team(reporter={"max_chain_length": 3}), "planner", "researcher", "reporter") is Reason.ALLOWED


@pytest.mark.parametrize(
    ("to", "back", "reason"),
    [
        pytest.param((AgentRef("other", "helper"),), (PLANNER,), Reason.ALLOWED, id="both sides list the other"),
        pytest.param((AgentRef("other", "helper"),), (), Reason.EDGE_NOT_GRANTED, id="only the granter does"),
        pytest.param((), (PLANNER,), Reason.EDGE_NOT_GRANTED, id="only the grantee does"),
        pytest.param((AgentRef("research", "helper"),), (PLANNER,), Reason.EDGE_NOT_GRANTED, id="another namespace"),
    ],
)
def test_an_edge_between_namespaces_needs_both_sides(
    to: tuple[AgentRef, ...], back: tuple[AgentRef, ...], reason: Reason
) -> None:
    agents = (
        agent("planner", delegates_to=to),
        agent("helper", ref=AgentRef("other", "helper"), delegates_from=back, acts_for=None),
    )
    assert reason_of(agents, "planner", "helper") is reason


@pytest.mark.parametrize(
    ("acts_for", "claims", "reason"),
    [
        pytest.param(None, {}, Reason.ACTS_FOR_NOT_GRANTED, id="nobody"),
        pytest.param(ActsFor(users=("alice",)), {}, Reason.ALLOWED, id="the user by name"),
        pytest.param(ActsFor(users=("bob",)), {}, Reason.ACTS_FOR_NOT_GRANTED, id="another user"),
        pytest.param(ActsFor(groups=("r",)), {"groups": ["r"]}, Reason.ALLOWED, id="a group"),
        pytest.param(ActsFor(groups=("r",)), {"groups": ["s"]}, Reason.ACTS_FOR_NOT_GRANTED, id="another group"),
        pytest.param(ActsFor(groups=("r",)), {}, Reason.ACTS_FOR_NOT_GRANTED, id="unknown groups"),
        pytest.param(ActsFor(users=("bob",), groups=("r",)), {"groups": ["r"]}, Reason.ALLOWED, id="either is enough"),
        pytest.param(
            ActsFor(any_user=True, tenants=("acme",)), {"org_id": "acme"}, Reason.ALLOWED, id="everyone of the tenant"
        ),
        pytest.param(
            ActsFor(users=("alice",), tenants=("acme",)), {"org_id": "x"}, Reason.TENANT_MISMATCH, id="another tenant"
        ),
        pytest.param(ActsFor(users=("alice",), tenants=("acme",)), {}, Reason.TENANT_MISMATCH, id="no tenant"),
        pytest.param(
            ActsFor(users=("bob",), tenants=("acme",)),
            {"org_id": "x"},
            Reason.ACTS_FOR_NOT_GRANTED,
            id="another user in another tenant",
        ),
    ],
)
def test_the_first_hop_acts_for_whom_it_lists(acts_for: ActsFor | None, claims: dict[str, Any], reason: Reason) -> None:
    assert ruled(claims_call(**claims), view(agents=(agent(acts_for=acts_for),))).reason is reason


def test_users_are_those_of_the_issuer_that_named_the_agent() -> None:
    partner = FakeIssuer("https://partner.example")
    records = (
        issuer_record(may_assert=(IssuerName("partner"),)),
        issuer_record(partner, name=IssuerName("partner")),
    )
    named_there = (Identity(issuer=IssuerName("partner"), subject="agent:planner"),)
    act = {"sub": "agent:planner", "iss": partner.issuer}
    for acts_for, reason in (
        (ActsFor(users=("alice",)), Reason.ACTS_FOR_NOT_GRANTED),
        (ActsFor(any_user=True), Reason.ALLOWED),
    ):
        seen = view(issuers=records, agents=(agent(identities=named_there, acts_for=acts_for),))
        assert ruled(claims_call(act=act), seen).reason is reason


SPIFFE = "spiffe://cluster.local/ns/research/sa/planner"


@pytest.mark.parametrize(
    ("workloads", "required", "principal", "reason"),
    [
        pytest.param(None, False, "", Reason.ALLOWED, id="unbound, no certificate"),
        pytest.param(None, False, SPIFFE, Reason.ALLOWED, id="unbound, any certificate"),
        pytest.param(None, True, SPIFFE, Reason.WORKLOAD_MISSING, id="unbound where binding is required"),
        pytest.param((SPIFFE,), False, SPIFFE, Reason.ALLOWED, id="bound, its workload"),
        pytest.param((SPIFFE,), True, SPIFFE, Reason.ALLOWED, id="bound and required, its workload"),
        pytest.param((SPIFFE,), False, "", Reason.WORKLOAD_MISSING, id="bound, no certificate"),
        pytest.param((SPIFFE,), False, f"{SPIFFE}2", Reason.WORKLOAD_MISMATCH, id="bound, another workload"),
        pytest.param((), False, SPIFFE, Reason.WORKLOAD_MISMATCH, id="bound to none"),
    ],
)
def test_the_current_actor_speaks_from_its_workload(
    workloads: Any, required: bool, principal: str, reason: Reason
) -> None:
    seen = view(agents=(agent(workloads=workloads),), policies=(policy(body=body(require_workload=required)),))
    assert ruled(call(peer=Peer(principal, "10.0.0.1", "")), seen).reason is reason


def test_inner_hops_are_not_bound_to_this_connection() -> None:
    agents = team(planner={"workloads": (SPIFFE,)})
    assert reason_of(agents, "planner", "researcher") is Reason.ALLOWED


def test_a_persons_own_token_has_no_chain_to_judge() -> None:
    seen = view(
        issuers=(issuer_record(user_clients=("web",)),),
        policies=(policy(body=body(callers=(CallerKind.USER,), require_workload=True)),),
    )
    decision = ruled(claims_call(act=None, client_id="web"), seen)
    assert decision.ruling is Ruling.ALLOW
    assert decision.evidence.hops == ()


def test_the_hops_known_so_far_stand_in_the_evidence_of_a_refusal() -> None:
    decision = ruled(claims_call(act=chain_of("planner", "stranger")), view(agents=team()))
    assert [hop.agent.ref for hop in decision.evidence.hops] == [PLANNER]
    assert IDP.issuer in decision.message
