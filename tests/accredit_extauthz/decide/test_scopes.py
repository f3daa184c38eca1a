from typing import Any

import pytest

from accredit_extauthz.contract.names import IssuerName
from accredit_extauthz.contract.snapshot import AgentRecord, ClaimNames, Grant, Layout, UserScopes, UserSelector
from accredit_extauthz.decide.scopes import Authority, check_scopes
from accredit_extauthz.model.reason import Reason
from fakes.issuer import FakeIssuer
from fakes.scene import CORP, agent, body, claims_call, http_rule, issuer_record, policy, ruled, view

PARTNER = IssuerName("partner")
READ, WRITE = "tool:crm:read", "tool:crm:write"
SALES = Grant(users=UserSelector(groups=("sales",)), scopes=(READ, WRITE))


def outcome(
    required: tuple[str, ...],
    agents: tuple[AgentRecord, ...] = (),
    settings: dict[str, Any] | None = None,
    **claims: Any,
) -> tuple[Reason, set[str]]:
    governing = policy(body=body(rules=(http_rule(scopes=required),), **(settings or {})))
    decision = ruled(claims_call(**claims), view(agents=agents or (agent(),), policies=(governing,)))
    return decision.reason, set(decision.evidence.effective_scopes)


@pytest.mark.parametrize(
    ("scope", "ceiling", "required", "reason", "effective"),
    [
        pytest.param(READ, ("tool:crm:*",), (READ,), Reason.ALLOWED, {READ}, id="within everything"),
        pytest.param(READ, ("tool:crm:*",), (WRITE,), Reason.SCOPE_MISSING, {READ}, id="not in the token"),
        pytest.param(f"{READ} {WRITE}", (READ,), (WRITE,), Reason.SCOPE_EXCEEDS_AGENT, {READ}, id="above the ceiling"),
        pytest.param(
            f"{READ} {WRITE}", (READ,), (READ, WRITE), Reason.SCOPE_EXCEEDS_AGENT, {READ}, id="one of two above"
        ),
        pytest.param(READ, (READ,), (READ, WRITE), Reason.SCOPE_MISSING, {READ}, id="missing before above"),
        pytest.param(READ, (), (READ,), Reason.SCOPE_EXCEEDS_AGENT, set(), id="an empty ceiling"),
        pytest.param(
            "tool:crm:*", ("tool:crm:*",), (READ,), Reason.SCOPE_MISSING, {"tool:crm:*"}, id="a star is literal"
        ),
        pytest.param(None, ("tool:crm:*",), (READ,), Reason.SCOPE_MISSING, set(), id="a token without scopes"),
        pytest.param(READ, ("tool:*:read",), (READ,), Reason.SCOPE_EXCEEDS_AGENT, set(), id="an unreadable ceiling"),
    ],
)
def test_token_and_ceiling_both_limit(
    scope: Any, ceiling: tuple[str, ...], required: tuple[str, ...], reason: Reason, effective: set[str]
) -> None:
    assert outcome(required, (agent(scopes=ceiling),), scope=scope) == (reason, effective)


def test_every_hop_limits() -> None:
    planner = agent("planner", delegates_to=(agent("researcher").ref,), scopes=(READ,))
    researcher = agent("researcher", scopes=("tool:crm:*",), acts_for=None)
    act = {"sub": "agent:researcher", "act": {"sub": "agent:planner"}}
    both = {"scope": f"{READ} {WRITE}", "act": act}
    assert outcome((READ,), (planner, researcher), **both) == (Reason.ALLOWED, {READ})
    assert outcome((WRITE,), (planner, researcher), **both) == (Reason.SCOPE_EXCEEDS_AGENT, {READ})


def test_an_empty_ceiling_refuses_even_what_needs_no_scope() -> None:
    assert outcome((), (agent(scopes=()),))[0] is Reason.SCOPE_EXCEEDS_AGENT


GRANTS = {"user_scopes": UserScopes.GRANTS, "grants": (SALES,), "login_scopes": ("openid", "profile")}


@pytest.mark.parametrize(
    ("claims", "required", "reason", "effective"),
    [
        pytest.param(
            {"groups": ["sales"], "scope": READ}, (READ,), Reason.ALLOWED, {READ}, id="granted, and in the token"
        ),
        pytest.param(
            {"groups": ["sales"], "scope": READ}, (WRITE,), Reason.SCOPE_MISSING, {READ}, id="the token still narrows"
        ),
        pytest.param(
            {"groups": ["support"], "scope": WRITE},
            (WRITE,),
            Reason.SCOPE_EXCEEDS_USER,
            set(),
            id="claimed, not granted",
        ),
        pytest.param({"scope": WRITE}, (WRITE,), Reason.SCOPE_EXCEEDS_USER, set(), id="groups unknown"),
        pytest.param(
            {"groups": ["sales"], "scope": "openid"},
            (WRITE,),
            Reason.ALLOWED,
            {READ, WRITE},
            id="login scopes alone take the grants",
        ),
        pytest.param(
            {"groups": ["sales"], "scope": f"openid {READ}"},
            (WRITE,),
            Reason.SCOPE_MISSING,
            {READ},
            id="login scopes beside others do not",
        ),
        pytest.param(
            {"groups": ["support"], "scope": "openid"},
            (WRITE,),
            Reason.SCOPE_EXCEEDS_USER,
            set(),
            id="login scopes alone, not granted",
        ),
        pytest.param(
            {"groups": ["sales"], "scope": None}, (READ,), Reason.SCOPE_MISSING, set(), id="a token without any scope"
        ),
    ],
)
def test_grants_are_the_users_authority(
    claims: dict[str, Any], required: tuple[str, ...], reason: Reason, effective: set[str]
) -> None:
    assert outcome(required, settings=GRANTS, **claims) == (reason, effective)


@pytest.mark.parametrize(
    ("listed", "reason", "effective"),
    [
        pytest.param((CORP, PARTNER), Reason.ALLOWED, {READ}, id="of an issuer that the policy lists"),
        pytest.param((CORP,), Reason.SCOPE_EXCEEDS_USER, set(), id="of another"),
    ],
)
def test_grants_are_for_users_of_the_policys_issuers(
    listed: tuple[IssuerName, ...], reason: Reason, effective: set[str]
) -> None:
    """In the layout ActorSubject the user can be another issuer's: `act.iss`."""
    partner = FakeIssuer("https://partner.example")
    signing = issuer_record(may_assert=(PARTNER,), claims=ClaimNames(layout=Layout.ACTOR_SUBJECT))
    everyone = Grant(users=UserSelector(), scopes=(READ,))
    governing = policy(body=body(issuers=listed, user_scopes=UserScopes.GRANTS, grants=(everyone,)))
    seen = view(issuers=(signing, issuer_record(partner, name=PARTNER)), policies=(governing,))
    decision = ruled(claims_call(sub="agent:planner", act={"sub": "alice", "iss": partner.issuer}), seen)
    assert (decision.reason, set(decision.evidence.effective_scopes)) == (reason, effective)


def test_the_first_rule_whose_scopes_the_caller_has_allows() -> None:
    rules = (http_rule(name="first", scopes=(WRITE,)), http_rule(name="second", scopes=(READ,)))
    decision = ruled(claims_call(), view(policies=(policy(body=body(rules=rules)),)))
    assert (decision.reason, decision.evidence.rule) == (Reason.ALLOWED, (policy().ref, "second"))


def test_without_one_the_first_rule_gives_reason_and_challenge() -> None:
    rules = (http_rule(name="first", scopes=(READ, WRITE)), http_rule(name="second", scopes=("tool:crm:admin",)))
    decision = ruled(claims_call(), view(policies=(policy(body=body(rules=rules)),)))
    assert (decision.reason, decision.evidence.required_scopes) == (Reason.SCOPE_MISSING, (READ, WRITE))


def test_what_passes_every_limit_is_not_refused() -> None:
    check_scopes(Authority(token=frozenset({READ}), user=None, ceilings=(), effective=frozenset({READ})), (READ,))
