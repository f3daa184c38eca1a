import pytest

from accredit_extauthz.contract.names import Issuer
from accredit_extauthz.contract.snapshot import AgentSelector, Effect, UserSelector
from accredit_extauthz.decide.selectors import agents_match, user_is_granted, users_match
from accredit_extauthz.model.delegation import Delegation, Hop, Subject
from fakes.scene import agent

ISSUER = Issuer("https://idp.example")


def person(groups: set[str] | None = None, tenant: str | None = None) -> Delegation:
    known = None if groups is None else frozenset(groups)
    return Delegation(Subject(ISSUER, "alice"), (), None, frozenset(), known, tenant, None)


def hop(name: str, **labels: str) -> Hop:
    return Hop(Subject(ISSUER, name), agent(name, labels=labels))


ROOT, CURRENT = hop("root", tier="gold"), hop("current", tier="silver")
IN_RESEARCH = ("research",)


@pytest.mark.parametrize(
    ("selector", "allows", "denies"),
    [
        pytest.param(None, True, True, id="absent"),
        pytest.param(AgentSelector(namespaces=IN_RESEARCH), True, True, id="the namespace"),
        pytest.param(AgentSelector(namespaces=("other",)), False, False, id="another namespace"),
        pytest.param(AgentSelector(names=("current",), namespaces=IN_RESEARCH), True, True, id="the current actor"),
        pytest.param(AgentSelector(names=("root",), namespaces=IN_RESEARCH), False, True, id="an earlier hop"),
        pytest.param(
            AgentSelector(namespaces=IN_RESEARCH, match_labels={"tier": "gold"}),
            False,
            True,
            id="a label of an earlier hop",
        ),
        pytest.param(
            AgentSelector(names=("current",), namespaces=IN_RESEARCH, match_labels={"tier": "gold"}),
            False,
            False,
            id="members that no single hop has",
        ),
        pytest.param(AgentSelector(names=("Current",), namespaces=IN_RESEARCH), False, False, id="another case"),
    ],
)
def test_an_allow_looks_at_the_current_actor_and_a_deny_at_every_hop(
    selector: AgentSelector | None, allows: bool, denies: bool
) -> None:
    assert agents_match(selector, (ROOT, CURRENT), Effect.ALLOW) is allows
    assert agents_match(selector, (ROOT, CURRENT), Effect.DENY) is denies


@pytest.mark.parametrize("effect", Effect)
def test_a_call_without_agents_matches_no_agents(effect: Effect) -> None:
    assert not agents_match(AgentSelector(namespaces=IN_RESEARCH), (), effect)
    assert agents_match(None, (), effect)


@pytest.mark.parametrize(
    ("selector", "who", "allows", "denies"),
    [
        pytest.param(None, person(), True, True, id="absent"),
        pytest.param(UserSelector(subjects=("alice",)), person(), True, True, id="the subject"),
        pytest.param(UserSelector(subjects=("bob",)), person(), False, False, id="another subject"),
        pytest.param(UserSelector(groups=("sales",)), person({"sales"}), True, True, id="a group"),
        pytest.param(UserSelector(groups=("sales",)), person({"x"}), False, False, id="another group"),
        pytest.param(UserSelector(groups=("sales",)), person(None), False, True, id="unknown groups"),
        pytest.param(UserSelector(subjects=("bob",), groups=("sales",)), person({"sales"}), True, True, id="either"),
        pytest.param(UserSelector(tenants=("acme",)), person(tenant="acme"), True, True, id="the tenant alone"),
        pytest.param(UserSelector(tenants=("acme",)), person(tenant="x"), False, False, id="another tenant"),
        pytest.param(UserSelector(tenants=("acme",)), person(), False, True, id="an unknown tenant"),
        pytest.param(
            UserSelector(subjects=("alice",), tenants=("acme",)), person(tenant="x"), False, False, id="both must match"
        ),
    ],
)
def test_what_is_unknown_matches_no_allow_and_every_deny(
    selector: UserSelector | None, who: Delegation, allows: bool, denies: bool
) -> None:
    assert users_match(selector, who, Effect.ALLOW, trusted=True) is allows
    assert users_match(selector, who, Effect.DENY, trusted=True) is denies


def test_users_of_another_issuer_match_no_selector() -> None:
    for effect in Effect:
        assert not users_match(UserSelector(subjects=("alice",)), person(), effect, trusted=False)
        assert users_match(None, person(), effect, trusted=False)


def test_a_grant_means_those_it_knows() -> None:
    assert user_is_granted(UserSelector(groups=("sales",)), person({"sales"}))
    assert not user_is_granted(UserSelector(groups=("sales",)), person(None))
