from typing import Any

import msgspec
import pytest

from accredit_extauthz.contract.names import Issuer
from accredit_extauthz.contract.snapshot import CallerKind, ClaimNames, Layout
from accredit_extauthz.decide.claims import read_claims
from accredit_extauthz.decide.delegation import check_actor, check_caller, read_delegation
from accredit_extauthz.decide.token import parse_compact
from accredit_extauthz.model.delegation import Delegation, Subject
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import Refusal
from fakes.scene import IDP, issuer_record

HERE = Issuer(IDP.issuer)
OTHER = Issuer("https://other.example")
ACT = issuer_record(user_clients=("web-app",))
ACTOR_SUBJECT = issuer_record(claims=ClaimNames(layout=Layout.ACTOR_SUBJECT))
ACTOR_OID = issuer_record(claims=ClaimNames(layout=Layout.ACTOR_SUBJECT, user="oid"))
CLIENT_ID = issuer_record(claims=ClaimNames(layout=Layout.CLIENT_ID, client="azp"), user_clients=("web-app",))
CLIENT_UNNAMED = issuer_record(claims=ClaimNames(layout=Layout.CLIENT_ID), user_clients=("web-app",))


def read(record: Any = ACT, **changes: Any) -> Delegation:
    signed = read_claims(parse_compact(IDP.mint(IDP.claims(**changes))), record)
    return read_delegation(signed, record, frozenset({OTHER}))


def reason_of(record: Any = ACT, **changes: Any) -> Reason:
    with pytest.raises(Refusal) as caught:
        read(record, **changes)
    return caught.value.reason


def here(*subjects: str) -> tuple[Subject, ...]:
    return tuple(Subject(HERE, subject) for subject in subjects)


@pytest.mark.parametrize(
    ("record", "changes", "user", "agents"),
    [
        pytest.param(ACT, {}, "alice", ["agent:planner"], id="ActClaim, one hop"),
        pytest.param(ACT, {"act": None}, "alice", [], id="ActClaim, a person's own token"),
        pytest.param(
            ACT,
            {"act": {"sub": "c", "act": {"sub": "b", "act": {"sub": "a"}}}},
            "alice",
            ["a", "b", "c"],
            id="ActClaim, nested actors acted earlier",
        ),
        pytest.param(ACT, {"act": {"sub": "a", "client_id": "x", "may_act": {}}}, "alice", ["a"], id="other members"),
        pytest.param(
            ACTOR_SUBJECT, {"sub": "agent:x", "act": {"sub": "alice"}}, "alice", ["agent:x"], id="ActorSubject"
        ),
        pytest.param(CLIENT_ID, {"act": None, "azp": "agent-app"}, "alice", ["agent-app"], id="ClientId, an agent"),
        pytest.param(CLIENT_ID, {"act": None, "azp": "web-app"}, "alice", [], id="ClientId, a user's front end"),
        pytest.param(CLIENT_UNNAMED, {"act": None}, "alice", ["assistant"], id="ClientId, the claim not named"),
    ],
)
def test_every_layout_gives_user_and_chain_root_first(
    record: Any, changes: dict[str, Any], user: str, agents: list[str]
) -> None:
    delegation = read(record, **changes)
    assert delegation.user == Subject(HERE, user)
    assert delegation.agents == here(*agents)


def test_an_actor_of_a_listed_issuer_is_that_issuers_subject() -> None:
    assert read(act={"sub": "a", "iss": OTHER}).agents == (Subject(OTHER, "a"),)
    assert read(act={"sub": "a", "iss": HERE}).agents == here("a")
    assert read(ACTOR_SUBJECT, sub="x", act={"sub": "u", "iss": OTHER}).user == Subject(OTHER, "u")


BAD_ACTS: dict[str, object] = {
    "a string": "agent",
    "an array": [{"sub": "a"}],
    "a number": 1,
    "empty": {},
    "no sub": {"iss": IDP.issuer},
    "an empty sub": {"sub": ""},
    "a numeric sub": {"sub": 1},
    "a hidden character in sub": {"sub": "a\u200b"},
    "exp": {"sub": "a", "exp": 1},
    "nbf": {"sub": "a", "nbf": 1},
    "aud": {"sub": "a", "aud": "x"},
    "scope": {"sub": "a", "scope": "x"},
    "an issuer that may not be named": {"sub": "a", "iss": "https://evil.example"},
    "an issuer that is no string": {"sub": "a", "iss": 1},
    "a bad nested act": {"sub": "a", "act": "b"},
    "a nested null": {"sub": "a", "act": None},
}


@pytest.mark.parametrize("act", BAD_ACTS.values(), ids=BAD_ACTS.keys())
def test_a_malformed_act_is_refused(act: object) -> None:
    assert reason_of(act=act) is Reason.ACTOR_MALFORMED


def test_act_null_is_not_act_absent() -> None:
    signed = read_claims(parse_compact(IDP.mint(IDP.claims() | {"act": None})), ACT)
    with pytest.raises(Refusal) as caught:
        read_delegation(signed, ACT, frozenset())
    assert caught.value.reason is Reason.ACTOR_MALFORMED


@pytest.mark.parametrize(
    ("record", "changes", "reason"),
    [
        pytest.param(ACTOR_SUBJECT, {"act": None}, Reason.USER_INVALID, id="ActorSubject without act"),
        pytest.param(
            ACTOR_SUBJECT, {"act": {"sub": "u", "act": {"sub": "x"}}}, Reason.ACTOR_MALFORMED, id="ActorSubject nested"
        ),
        pytest.param(ACTOR_SUBJECT, {"act": {"x": "u"}}, Reason.ACTOR_MALFORMED, id="ActorSubject without a user"),
        pytest.param(ACTOR_OID, {"act": {"oid": "u"}}, Reason.ACTOR_MALFORMED, id="ActorSubject without sub in act"),
        pytest.param(ACTOR_OID, {"act": {"sub": "u"}}, Reason.ACTOR_MALFORMED, id="ActorSubject without oid in act"),
        pytest.param(ACTOR_OID, {"act": {"oid": "u", "sub": 7}}, Reason.ACTOR_MALFORMED, id="a numeric sub beside oid"),
        pytest.param(
            ACTOR_OID,
            {"sub": "agent:x", "act": {"oid": "u", "sub": "agent:x"}},
            Reason.USER_INVALID,
            id="the user is by sub the agent, by oid a person",
        ),
        pytest.param(
            ACTOR_OID,
            {"act": {"oid": "u", "sub": "assistant"}},
            Reason.USER_INVALID,
            id="the user is by sub the client",
        ),
        pytest.param(CLIENT_ID, {"azp": "x"}, Reason.ACTOR_MALFORMED, id="ClientId with act"),
        pytest.param(CLIENT_ID, {"act": None}, Reason.TOKEN_CLAIMS, id="ClientId without the client"),
        pytest.param(CLIENT_ID, {"act": None, "azp": 7}, Reason.TOKEN_CLAIMS, id="ClientId with a numeric client"),
        pytest.param(ACT, {"sub": "agent:planner"}, Reason.USER_INVALID, id="the user acts in its own chain"),
        pytest.param(ACT, {"client_id": "alice"}, Reason.USER_INVALID, id="the user is the client"),
        pytest.param(ACT, {"azp": "alice"}, Reason.USER_INVALID, id="the user is the authorized party"),
        pytest.param(ACT, {"appid": "alice"}, Reason.USER_INVALID, id="the user is the application of Entra v1"),
        pytest.param(ACT, {"cid": "alice"}, Reason.USER_INVALID, id="the user is the client of Okta"),
        pytest.param(CLIENT_ID, {"act": None, "azp": "alice"}, Reason.USER_INVALID, id="a machine's token in ClientId"),
        pytest.param(ACT, {"scope": "a  b"}, Reason.TOKEN_CLAIMS, id="an empty scope between two spaces"),
        pytest.param(ACT, {"scope": "a\u00a0admin"}, Reason.TOKEN_CLAIMS, id="NBSP in scope"),
        pytest.param(ACT, {"scope": "a\tb"}, Reason.TOKEN_CLAIMS, id="a tab in scope"),
        pytest.param(ACT, {"scope": ["a", "b c"]}, Reason.TOKEN_CLAIMS, id="a space inside a scope of an array"),
        pytest.param(ACT, {"scope": ["a", 1]}, Reason.TOKEN_CLAIMS, id="a number among scopes"),
        pytest.param(ACT, {"scope": {"a": 1}}, Reason.TOKEN_CLAIMS, id="scopes as an object"),
    ],
)
def test_what_breaks_the_layout_is_refused(record: Any, changes: dict[str, Any], reason: Reason) -> None:
    assert reason_of(record, **changes) is reason


@pytest.mark.parametrize("sub", ["assistant", "agent:planner"], ids=["the client", "an actor of the chain"])
def test_whatever_claim_names_the_user_a_token_of_a_machine_is_no_users(sub: str) -> None:
    entra = msgspec.structs.replace(ACT, claims=ClaimNames(layout=Layout.ACT_CLAIM, user="oid"))
    assert reason_of(entra, sub=sub, oid="8f3a") is Reason.USER_INVALID


def test_another_claim_can_name_the_user() -> None:
    entra = msgspec.structs.replace(ACT, claims=ClaimNames(layout=Layout.ACT_CLAIM, user="oid"))
    assert read(entra, oid="8f3a").user == Subject(HERE, "8f3a")
    assert reason_of(entra) is Reason.TOKEN_CLAIMS


@pytest.mark.parametrize(
    ("scope", "scopes"),
    [(None, set()), ("", set()), ("a b", {"a", "b"}), (["a", "b"], {"a", "b"}), ([], set()), ("a:*", {"a:*"})],
)
def test_scopes_are_a_string_or_an_array(scope: object, scopes: set[str]) -> None:
    assert read(scope=scope).scopes == scopes


@pytest.mark.parametrize(
    ("changes", "groups"),
    [
        ({"groups": ["sales"]}, {"sales"}),
        ({"groups": []}, set()),
        ({}, None),
        ({"groups": 7}, None),
        ({"groups": ["sales"], "hasgroups": True}, None),
        ({"groups": ["sales"], "_claim_names": {"groups": "src1"}}, None),
    ],
    ids=["an array", "an empty array", "absent", "malformed", "overflowed", "distributed"],
)
def test_groups_are_known_or_not(changes: dict[str, Any], groups: set[str] | None) -> None:
    assert read(**changes).groups == groups


@pytest.mark.parametrize("name", ["client_id", "azp", "appid", "cid"])
def test_a_client_that_is_no_text_is_nobody(name: str) -> None:
    for value in (7, ["alice"], {"sub": "alice"}, True):
        assert read(**{name: value}).user == Subject(HERE, "alice")


def test_tenant_and_email_are_visible_text_or_none() -> None:
    delegation = read(org_id="acme", email="a@b.example", email_verified=True)
    assert (delegation.tenant, delegation.email) == ("acme", "a@b.example")
    assert (read(org_id="a\nb").tenant, read(org_id=7).tenant) == (None, None)


@pytest.mark.parametrize(
    ("verified", "told"),
    [
        pytest.param(True, True, id="true"),
        pytest.param("true", True, id="true as text"),
        pytest.param(False, False, id="false"),
        pytest.param("false", False, id="false as text"),
        pytest.param(0, False, id="zero"),
        pytest.param({}, False, id="anything else"),
    ],
)
def test_an_email_is_told_unless_the_issuer_does_not_vouch_for_it(verified: object, told: bool) -> None:
    assert read(email="a@b.example", email_verified=verified).email == ("a@b.example" if told else None)


BOTH = (CallerKind.DELEGATED, CallerKind.USER)


@pytest.mark.parametrize(
    ("changes", "callers", "reason"),
    [
        pytest.param({}, (CallerKind.DELEGATED,), None, id="an agent where agents may"),
        pytest.param({}, (CallerKind.USER,), Reason.CALLER_NOT_ALLOWED, id="an agent where only users may"),
        pytest.param({"act": None, "client_id": "web-app"}, BOTH, None, id="a user's front end where users may"),
        pytest.param({"act": None}, BOTH, Reason.CALLER_NOT_ALLOWED, id="another client where users may"),
        pytest.param({"act": None, "client_id": None}, BOTH, Reason.CALLER_NOT_ALLOWED, id="no client"),
        pytest.param({"act": None}, (CallerKind.DELEGATED,), Reason.ACTOR_MISSING, id="a user where only agents may"),
    ],
)
def test_callers_say_who_may_call(
    changes: dict[str, Any], callers: tuple[CallerKind, ...], reason: Reason | None
) -> None:
    assert refusal_of_caller(read(**changes), callers) is reason


def refusal_of_caller(delegation: Delegation, callers: tuple[CallerKind, ...]) -> Reason | None:
    try:
        check_actor(delegation, callers)
        check_caller(delegation, ACT, callers)
    except Refusal as refusal:
        return refusal.reason
    return None
