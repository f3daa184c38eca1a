from typing import Any

import pytest

from accredit_extauthz.contract.names import AgentRef, IssuerName
from accredit_extauthz.contract.snapshot import CallerKind, ClaimNames, Layout, RevocationRecord
from accredit_extauthz.decide.view import View
from accredit_extauthz.model.reason import Reason
from fakes.issuer import NOW, FakeIssuer
from fakes.scene import CORP, agent, body, call, claims_call, issuer_record, policy, ruled, view

PLANNER, HELPER = AgentRef("research", "planner"), AgentRef("research", "helper")
ISSUED, SKEW = NOW - 10, 5
OTHER = IssuerName("other")


def seen(**fields: Any) -> View:
    record = RevocationRecord(**({"namespace": "accredit-system", "name": "r", "everywhere": True} | fields))
    agents = (agent("planner", delegates_to=(HELPER,)), agent("helper", acts_for=None))
    issuers = (issuer_record(user_clients=("web",)),)
    governing = policy(body=body(callers=(CallerKind.DELEGATED, CallerKind.USER)))
    return view(revocations=(record,), agents=agents, issuers=issuers, policies=(governing,))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        pytest.param({"token_id": "t-1", "issuer": CORP}, Reason.TOKEN_REVOKED, id="the token"),
        pytest.param({"token_id": "t-2", "issuer": CORP}, Reason.ALLOWED, id="another token"),
        pytest.param({"token_id": "t-1", "issuer": OTHER}, Reason.ALLOWED, id="a token of another issuer"),
        pytest.param({"token_id": "root", "issuer": CORP}, Reason.TOKEN_REVOKED, id="what it came from first"),
        pytest.param({"token_id": "parent", "issuer": CORP}, Reason.TOKEN_REVOKED, id="what it came from last"),
        pytest.param({"user": "alice", "issuer": CORP}, Reason.USER_REVOKED, id="the user"),
        pytest.param({"user": "bob", "issuer": CORP}, Reason.ALLOWED, id="another user"),
        pytest.param({"user": "alice", "issuer": OTHER}, Reason.ALLOWED, id="a user of another issuer"),
        pytest.param({"agent": PLANNER}, Reason.AGENT_REVOKED, id="the agent"),
        pytest.param({"agent": HELPER}, Reason.ALLOWED, id="an agent that takes no part"),
        pytest.param({"agent": PLANNER, "user": "alice", "issuer": CORP}, Reason.AGENT_REVOKED, id="user and agent"),
        pytest.param({"agent": HELPER, "user": "alice", "issuer": CORP}, Reason.ALLOWED, id="user and another agent"),
        pytest.param(
            {"agent": PLANNER, "user": "bob", "issuer": CORP}, Reason.ALLOWED, id="another user and the agent"
        ),
        pytest.param(
            {"token_id": "t-1", "issuer": CORP, "agent": PLANNER},
            Reason.TOKEN_REVOKED,
            id="the token through the agent",
        ),
        pytest.param(
            {"token_id": "t-1", "issuer": CORP, "agent": HELPER}, Reason.ALLOWED, id="the token through another agent"
        ),
        pytest.param(
            {"token_id": "t-1", "issuer": CORP, "user": "bob"}, Reason.ALLOWED, id="the token of another user"
        ),
        pytest.param({}, Reason.USER_REVOKED, id="nothing that could be read: everything"),
        pytest.param({"agent": PLANNER, "before": ISSUED - SKEW}, Reason.AGENT_REVOKED, id="before, with skew"),
        pytest.param({"agent": PLANNER, "before": ISSUED - SKEW - 1}, Reason.ALLOWED, id="a second earlier"),
        pytest.param({"agent": PLANNER, "expires_at": NOW + 1}, Reason.AGENT_REVOKED, id="for a second more"),
        pytest.param({"agent": PLANNER, "expires_at": NOW}, Reason.ALLOWED, id="expired now"),
    ],
)
def test_a_revocation_cuts_what_all_its_fields_match(fields: dict[str, Any], reason: Reason) -> None:
    assert ruled(claims_call(root_jti="root", parent_jti="parent"), seen(**fields)).reason is reason


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        pytest.param({"user": "alice", "issuer": CORP}, Reason.USER_REVOKED, id="the user"),
        pytest.param(
            {"user": "alice", "issuer": CORP, "agent": PLANNER}, Reason.ALLOWED, id="the user through an agent"
        ),
    ],
)
def test_a_users_own_token_is_lost_with_the_user_alone(fields: dict[str, Any], reason: Reason) -> None:
    assert ruled(claims_call(act=None, client_id="web"), seen(**fields)).reason is reason


def test_an_inner_hop_that_is_revoked_cuts_the_chain_and_nothing_else() -> None:
    through_both = {"sub": "agent:helper", "act": {"sub": "agent:planner"}}
    assert ruled(claims_call(act=through_both), seen(agent=HELPER)).reason is Reason.AGENT_REVOKED
    assert ruled(claims_call(act=through_both), seen(agent=PLANNER)).reason is Reason.AGENT_REVOKED
    assert ruled(call(), seen(agent=HELPER)).reason is Reason.ALLOWED


@pytest.mark.parametrize(
    ("namespace", "reason"),
    [
        pytest.param("tools", Reason.USER_REVOKED, id="of the governing policy"),
        pytest.param("research", Reason.USER_REVOKED, id="of an agent in the chain"),
        pytest.param("elsewhere", Reason.ALLOWED, id="of nobody here"),
    ],
)
def test_a_tenants_revocation_reaches_as_far_as_the_tenant(namespace: str, reason: Reason) -> None:
    asked = seen(namespace=namespace, everywhere=False, user="alice", issuer=CORP)
    assert ruled(call(), asked).reason is reason


def test_a_user_belongs_to_the_issuer_that_knows_it() -> None:
    partner = FakeIssuer("https://partner.example")
    issuers = (issuer_record(may_assert=(OTHER,)), issuer_record(partner, name=OTHER))
    for issuer, reason in ((CORP, Reason.USER_REVOKED), (OTHER, Reason.ALLOWED)):
        record = RevocationRecord(namespace="n", name="r", everywhere=True, user="alice", issuer=issuer)
        assert ruled(call(), view(issuers=issuers, revocations=(record,))).reason is reason


ALICE = {"user": "alice"}


@pytest.mark.parametrize(
    ("fields", "issuer", "reason"),
    [
        pytest.param(ALICE, OTHER, Reason.USER_REVOKED, id="the user, at the issuer that knows it"),
        pytest.param(ALICE, CORP, Reason.ALLOWED, id="the user, at the issuer that signed"),
        pytest.param(ALICE | {"agent": PLANNER}, OTHER, Reason.AGENT_REVOKED, id="user and agent, where it is known"),
        pytest.param(ALICE | {"agent": PLANNER}, CORP, Reason.ALLOWED, id="user and agent, where it was signed"),
        pytest.param({"token_id": "t-1"}, CORP, Reason.TOKEN_REVOKED, id="the token, at the issuer that signed"),
        pytest.param({"token_id": "t-1"}, OTHER, Reason.ALLOWED, id="the token, at the user's issuer"),
        pytest.param(ALICE | {"token_id": "t-1"}, CORP, Reason.TOKEN_REVOKED, id="a user's token, where it was signed"),
        pytest.param(ALICE | {"token_id": "t-1"}, OTHER, Reason.ALLOWED, id="a user's token, where the user is known"),
        pytest.param({"agent": PLANNER}, CORP, Reason.AGENT_REVOKED, id="the agent, at the issuer that signed"),
        pytest.param({"agent": PLANNER}, OTHER, Reason.ALLOWED, id="the agent, at the user's issuer"),
    ],
)
def test_what_one_issuer_signs_about_anothers_user(fields: dict[str, Any], issuer: IssuerName, reason: Reason) -> None:
    """In the layout ActorSubject the user can be another issuer's: `act.iss`."""
    partner = FakeIssuer("https://partner.example")
    signing = issuer_record(may_assert=(OTHER,), claims=ClaimNames(layout=Layout.ACTOR_SUBJECT))
    record = RevocationRecord(namespace="n", name="r", everywhere=True, issuer=issuer, **fields)
    seen = view(issuers=(signing, issuer_record(partner, name=OTHER)), revocations=(record,))
    asked = claims_call(sub="agent:planner", act={"sub": "alice", "iss": partner.issuer})
    assert ruled(asked, seen).reason is reason


def test_the_message_names_the_object() -> None:
    assert "accredit-system/r" in ruled(call(), seen(agent=PLANNER)).message


def test_the_message_names_the_agent_that_is_meant() -> None:
    through_both = {"sub": "agent:helper", "act": {"sub": "agent:planner"}}
    asked = ruled(claims_call(act=through_both), seen(user="alice", agent=HELPER, issuer=CORP))
    assert (asked.reason, asked.message.endswith(f"agent {HELPER}")) == (Reason.AGENT_REVOKED, True)
