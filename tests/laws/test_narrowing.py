"""Authority only ever narrows (RFC 8693 §1.1: a delegation conveys some rights of the user; RFC 6749 §3.3: scopes)."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from accredit_extauthz.contract.names import AgentRef
from accredit_extauthz.contract.scope_pattern import parse_scope_pattern
from accredit_extauthz.contract.snapshot import (
    ActsFor,
    AgentRecord,
    AgentSelector,
    Effect,
    Grant,
    HttpMatch,
    RevocationRecord,
    Rule,
    UserScopes,
    UserSelector,
)
from accredit_extauthz.model.decision import Decision, Ruling
from accredit_extauthz.model.reason import Reason
from fakes.scene import CORP, agent, body, claims_call, http_rule, policy, ruled, view
from reference.text import is_under_ceiling

NAMES = ("a", "b", "c")
SCOPES = ("x:read", "x:write", "y:read")
CEILINGS = (*SCOPES, "x:*")
GROUPS = ("sales", "support")

scopes = st.frozensets(st.sampled_from(SCOPES), max_size=3)
ceilings = st.frozensets(st.sampled_from(CEILINGS), max_size=3)
references = st.frozensets(st.sampled_from([AgentRef("research", name) for name in NAMES]), max_size=3)
user_selectors = st.none() | st.sampled_from(
    [UserSelector(groups=("sales",)), UserSelector(subjects=("alice",)), UserSelector(tenants=("acme",))]
)
agent_selectors = st.none() | st.sampled_from(
    [AgentSelector(names=(name,), namespaces=("research",)) for name in NAMES]
)


@st.composite
def agents(draw: st.DrawFn) -> tuple[AgentRecord, ...]:
    """Three agents of one namespace with arbitrary edges, ceilings and switches that are mostly off."""
    return tuple(
        agent(
            name,
            scopes=tuple(sorted(draw(ceilings))),
            delegates_to=tuple(sorted(draw(references))),
            acts_for=draw(st.sampled_from([None, ActsFor(any_user=True), ActsFor(groups=("sales",))])),
            suspended=draw(st.sampled_from([False, False, False, True])),
        )
        for name in NAMES
    )


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    effect = draw(st.sampled_from([Effect.ALLOW, Effect.ALLOW, Effect.DENY]))
    return http_rule(
        name=draw(st.sampled_from(["r1", "r2", "r3"])),
        effect=effect,
        scopes=() if effect is Effect.DENY else tuple(sorted(draw(scopes))),
        agents=draw(agent_selectors),
        users=draw(user_selectors),
    )


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    grants = (Grant(users=UserSelector(groups=("sales",)), scopes=tuple(sorted(draw(scopes)))),)
    settings = {"user_scopes": draw(st.sampled_from(UserScopes)), "grants": grants, "login_scopes": ("openid",)}
    governing = policy(body=body(rules=tuple(draw(st.lists(rules(), max_size=4))), **settings))
    return {"agents": draw(agents()), "policies": (governing,)}


@st.composite
def tokens(draw: st.DrawFn) -> dict[str, Any]:
    """The claims that differ: chain, scopes, groups and tenant."""
    act: dict[str, Any] | None = None
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3)):
        act = {"sub": f"agent:{name}"} | ({"act": act} if act else {})
    groups = draw(st.none() | st.lists(st.sampled_from(GROUPS), unique=True))
    held = sorted(draw(scopes)) + draw(st.sampled_from([[], ["openid"]]))
    return {"act": act, "scope": " ".join(held), "groups": groups, "org_id": draw(st.sampled_from([None, "acme", "x"]))}


def decided(world: dict[str, Any], claims: dict[str, Any], **changes: Any) -> Decision:
    return ruled(claims_call(**claims), view(**(world | changes)))


class TestEffectiveScopes:
    """The effective scopes lie within the token, within the grants, and under every hop's ceiling."""

    @given(worlds(), tokens())
    def test_they_never_exceed_any_limit(self, world: dict[str, Any], claims: dict[str, Any]) -> None:
        evidence = decided(world, claims).evidence
        governing = world["policies"][0].body
        granted = {scope for grant in governing.grants for scope in grant.scopes}
        for scope in evidence.effective_scopes:
            assert governing.user_scopes is UserScopes.TOKEN or scope in granted
            assert scope in claims["scope"].split(" ") or claims["scope"] == "openid"
            for hop in evidence.hops:
                entries = tuple(text for text in hop.agent.scopes if parse_scope_pattern(text) is not None)
                assert is_under_ceiling(scope, entries)

    @given(worlds(), tokens())
    def test_an_allow_has_every_scope_its_rule_requires(self, world: dict[str, Any], claims: dict[str, Any]) -> None:
        decision = decided(world, claims)
        if decision.ruling is Ruling.ALLOW:
            assert set(decision.evidence.required_scopes) <= decision.evidence.effective_scopes


class TestLessNeverAllowsMore:
    """Taking something away, or adding a Deny or a Revocation, never turns a denial into an allow."""

    @given(worlds(), tokens(), rules())
    def test_a_further_deny_rule(self, world: dict[str, Any], claims: dict[str, Any], rule: Rule) -> None:
        deny = replace(rule, effect=Effect.DENY, scopes=(), name="further")
        placed = world["policies"][0]
        denying = replace(placed, body=replace(placed.body, rules=(*placed.body.rules, deny)))
        if decided(world, claims, policies=(denying,)).ruling is Ruling.ALLOW:
            assert decided(world, claims).ruling is Ruling.ALLOW

    @given(worlds(), tokens(), st.sampled_from(NAMES))
    def test_an_agent_with_fewer_edges_or_a_lower_ceiling(
        self, world: dict[str, Any], claims: dict[str, Any], name: str
    ) -> None:
        for change in ({"delegates_to": ()}, {"scopes": ()}, {"acts_for": None}, {"suspended": True}, {"valid": False}):
            fewer = tuple(replace(each, **change) if each.ref.name == name else each for each in world["agents"])
            if decided(world, claims, agents=fewer).ruling is Ruling.ALLOW:
                assert decided(world, claims).ruling is Ruling.ALLOW

    @given(worlds(), tokens(), st.sampled_from(NAMES))
    def test_a_revocation(self, world: dict[str, Any], claims: dict[str, Any], name: str) -> None:
        record = RevocationRecord(
            namespace="n", name="r", everywhere=True, agent=AgentRef("research", name), issuer=CORP
        )
        after = decided(world, claims, revocations=(record,))
        if after.ruling is Ruling.ALLOW:
            assert decided(world, claims).ruling is Ruling.ALLOW
            assert name not in [hop.agent.ref.name for hop in after.evidence.hops]

    @given(worlds(), tokens())
    def test_a_token_with_fewer_scopes(self, world: dict[str, Any], claims: dict[str, Any]) -> None:
        if decided(world, claims | {"scope": "z:none"}).ruling is Ruling.ALLOW:
            assert decided(world, claims).ruling is Ruling.ALLOW or claims["scope"] == ""


class TestEveryDecisionIsWhole:
    """A decision has one reason that fits its ruling, whatever the world."""

    @given(worlds(), tokens())
    def test_ruling_and_reason_agree(self, world: dict[str, Any], claims: dict[str, Any]) -> None:
        decision = decided(world, claims)
        assert (decision.ruling is Ruling.ALLOW) == (decision.reason is Reason.ALLOWED)
        assert bool(decision.message) == (decision.ruling is Ruling.DENY)

    @given(worlds(), tokens())
    def test_the_same_question_has_the_same_answer(self, world: dict[str, Any], claims: dict[str, Any]) -> None:
        asked, seen = claims_call(**claims), view(**world)
        assert ruled(asked, seen) == ruled(asked, seen)

    @given(worlds(), tokens())
    def test_the_order_of_agents_in_the_snapshot_does_not_matter(
        self, world: dict[str, Any], claims: dict[str, Any]
    ) -> None:
        backwards = tuple(reversed(world["agents"]))
        assert decided(world, claims).reason is decided(world, claims, agents=backwards).reason


def test_the_worlds_of_these_laws_allow_and_deny() -> None:
    allowing = {"policies": (policy(body=body(rules=(http_rule(http=HttpMatch(methods=("GET",), paths=("/**",))),))),)}
    assert decided(allowing, {"act": {"sub": "agent:planner"}}).ruling is Ruling.ALLOW
    assert decided(allowing, {"act": {"sub": "agent:x"}}).ruling is Ruling.DENY
