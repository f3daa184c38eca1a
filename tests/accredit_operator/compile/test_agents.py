import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_extauthz.contract.names import AgentRef
from accredit_extauthz.contract.scope_pattern import parse_scope_pattern
from accredit_extauthz.contract.snapshot import ActsFor
from accredit_operator.compile.verdict import ConditionReason
from fakes.objects import Outcome, agent, identity, issuer

INVALID, CONFLICTED = ConditionReason.INVALID, ConditionReason.CONFLICTED
NOT_PERMITTED, REF_NOT_FOUND = ConditionReason.NOT_PERMITTED, ConditionReason.REF_NOT_FOUND
HIDDEN = "\u0378"  # unassigned, so no pattern names it


def held(outcome, name="planner", namespace="research"):
    return [(one.issuer, one.subject) for one in outcome.agent(name, namespace).identities]


def test_every_field_reaches_the_record():
    document = agent(
        created="2026-01-01T00:00:00Z",
        workloads=[
            {"type": "SPIFFE", "spiffeID": "spiffe://cluster.local/ns/x/sa/y"},
            {"type": "ServiceAccount", "serviceAccount": {"name": "planner"}},
        ],
        actsFor={"users": ["alice"], "groups": ["research"], "tenants": ["acme"]},
        delegatesTo=[{"name": "helper"}, {"name": "far", "namespace": "tools"}],
        delegatesFrom=[{"name": "boss", "namespace": "ops"}],
        maxChainLength=2,
        suspended=True,
        revokedBefore="2026-11-24T10:00:00.9Z",
        expiresAt="2027-01-01T01:00:00+01:00",
    )
    document["metadata"]["labels"] = {"tier": "gold"}
    record = Outcome(issuer(), document).agent()
    assert record.valid
    assert record.labels == {"tier": "gold"}
    assert record.scopes == ("tool:crm:*",)
    assert record.workloads == ("spiffe://cluster.local/ns/x/sa/y", "spiffe://cluster.local/ns/research/sa/planner")
    assert record.acts_for == ActsFor(users=("alice",), groups=("research",), tenants=("acme",))
    assert record.delegates_to == (AgentRef("research", "helper"), AgentRef("tools", "far"))
    assert record.delegates_from == (AgentRef("ops", "boss"),)
    assert (record.max_chain_length, record.suspended) == (2, True)
    assert (record.revoked_before, record.expires_at, record.created_at) == (1795514400, 1798761600, 1767225600)


def test_what_is_left_out_grants_nothing_but_binds_no_workload():
    record = Outcome(issuer(), agent()).agent()
    assert (record.acts_for, record.delegates_to, record.delegates_from, record.workloads) == (None, (), (), None)
    assert (record.revoked_before, record.expires_at, record.created_at) == (None, None, None)


def test_any_user_is_everyone():
    assert Outcome(issuer(), agent(actsFor={"anyUser": True})).agent().acts_for == ActsFor(any_user=True)


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        pytest.param({"identities": ...}, "spec.identities", id="no identity"),
        pytest.param({"identities": []}, "spec.identities", id="an empty list of identities"),
        pytest.param({"scopes": ...}, "spec.scopes", id="no ceiling"),
        pytest.param({"scopes": ["tool:*:read"]}, "spec.scopes[0]", id="a star in the middle"),
        pytest.param({"scopes": ["*"]}, "spec.scopes[0]", id="a star alone"),
        pytest.param({"scopes": ["a b"]}, "spec.scopes[0]", id="two scopes in one"),
        pytest.param({"actsFor": {}}, "spec.actsFor", id="an empty selector"),
        pytest.param({"actsFor": {"tenants": ["acme"]}}, "spec.actsFor", id="tenants alone"),
        pytest.param({"actsFor": {"anyUser": True, "users": ["a"]}}, "spec.actsFor", id="anyUser beside users"),
        pytest.param(
            {"actsFor": {"users": [f"a{HIDDEN}"]}}, "spec.actsFor.users[0]", id="a hidden character in a user"
        ),
        pytest.param(
            {"identities": [identity(f"a{HIDDEN}")]}, "spec.identities[0].subject", id="a hidden character in a subject"
        ),
        pytest.param(
            {"workloads": [{"type": "SPIFFE", "spiffeID": "spiffe://elsewhere/ns/x/sa/y"}]},
            "spec.workloads[0].spiffeID",
            id="a workload outside the trust domain",
        ),
        pytest.param({"maxChainLength": 9}, "spec.maxChainLength", id="too long a chain"),
        pytest.param({"suspended": "yes"}, "spec.suspended", id="a text for a boolean"),
        pytest.param({"suspendd": True}, "spec.suspendd", id="an unknown field"),
        pytest.param({"actsFor": None}, "spec.actsFor", id="a null"),
        pytest.param({"revokedBefore": "yesterday"}, "spec.revokedBefore", id="no time"),
    ],
)
def test_a_wrong_field_makes_the_agent_invalid(spec, field):
    outcome = Outcome(issuer(), agent(**spec))
    assert (field, INVALID) in outcome.reasons("planner")
    record = outcome.agent()
    assert not record.valid
    assert record.scopes == ()


@given(st.text(alphabet='ab*:./ "\\é', max_size=6))
def test_a_ceiling_that_is_accepted_is_one_that_can_be_matched(text):
    outcome = Outcome(issuer(), agent(scopes=[text]))
    assert outcome.verdict("planner").accepted is (parse_scope_pattern(text) is not None)


def test_all_mistakes_are_told_at_once():
    outcome = Outcome(issuer(), agent(scopes=["*"], maxChainLength=0, owner=7))
    assert {field for field, _ in outcome.reasons("planner")} == {"spec.scopes[0]", "spec.maxChainLength", "spec.owner"}


class TestIdentities:
    def test_an_invalid_agent_keeps_its_readable_identities_to_have_them_denied(self):
        written = [identity("agent:a"), {"issuerRef": "corp-idp", "subject": "agent:b"}, "agent:c", identity("agent:d")]
        outcome = Outcome(issuer(), agent(identities=written))
        assert held(outcome) == [("corp-idp", "agent:a"), ("corp-idp", "agent:d")]

    def test_an_identity_that_stands_twice_is_held_once(self):
        outcome = Outcome(issuer(), agent(identities=[identity(), identity()]))
        assert held(outcome) == [("corp-idp", "agent:planner")]
        assert not outcome.agent().valid

    def test_the_oldest_claim_has_a_subject(self):
        early = agent("early", "tools", created="2026-01-01T00:00:00Z", identities=[identity("s")])
        late = agent("a-late", "a-first", created="2026-01-02T00:00:00Z", identities=[identity("s"), identity("own")])
        outcome = Outcome(issuer(), late, early)
        assert outcome.agent("early", "tools").valid
        assert outcome.reasons("a-late") == [("spec.identities[0].subject", CONFLICTED)]
        assert held(outcome, "a-late", "a-first") == [("corp-idp", "own")]
        assert not outcome.agent("a-late", "a-first").valid

    def test_without_times_the_claims_go_by_namespace_and_name(self):
        outcome = Outcome(issuer(), agent("b", identities=[identity("s")]), agent("a", identities=[identity("s")]))
        assert [outcome.agent(name).valid for name in ("a", "b")] == [True, False]

    def test_an_invalid_agent_holds_its_subject_against_later_ones(self):
        outcome = Outcome(
            issuer(), agent("a", identities=[identity("s")], scopes=["*"]), agent("b", identities=[identity("s")])
        )
        assert held(outcome, "a") == [("corp-idp", "s")]
        assert outcome.reasons("b") == [("spec.identities[0].subject", CONFLICTED)]

    def test_one_subject_of_two_issuers_is_two_identities(self):
        other = issuer("other", issuer="https://other.example")
        outcome = Outcome(
            issuer(), other, agent("a", identities=[identity("s")]), agent("b", identities=[identity("s", "other")])
        )
        assert [outcome.agent(name).valid for name in ("a", "b")] == [True, True]

    def test_an_unknown_issuer_is_told(self):
        outcome = Outcome(agent())
        assert outcome.reasons("planner") == [("spec.identities[0].issuerRef.name", REF_NOT_FOUND)]
        assert held(outcome) == []

    def test_a_claim_that_is_not_permitted_takes_nothing_from_anyone(self):
        # The intruder is older, and still not in the way of the namespace that the issuer lets in.
        intruder = agent("intruder", "evil", created="2020-01-01T00:00:00Z", identities=[identity("s")])
        outcome = Outcome(
            issuer(allowedNamespaces={"from": "Names", "names": ["research"]}),
            intruder,
            agent(identities=[identity("s")]),
        )
        assert outcome.reasons("intruder") == [("spec.identities[0].issuerRef.name", NOT_PERMITTED)]
        assert held(outcome, "intruder", "evil") == []
        assert outcome.agent().valid

    @pytest.mark.parametrize(
        ("grants", "expected"),
        [
            pytest.param([{"namespaces": ["research"], "subjects": ["agent:*"]}], True, id="a pattern covers it"),
            pytest.param([{"namespaces": ["research"], "subjects": ["agent:planner"]}], True, id="it is named"),
            pytest.param([{"namespaces": ["research"], "subjects": ["other:*"]}], False, id="another pattern"),
            pytest.param([{"namespaces": ["tools"], "subjects": ["agent:*"]}], False, id="another namespace"),
            pytest.param([], False, id="an empty list lets nobody"),
        ],
    )
    def test_agent_subjects_say_who_may_claim(self, grants, expected):
        outcome = Outcome(issuer(agentSubjects=grants), agent())
        assert outcome.verdict("planner").accepted is expected
        assert expected or outcome.reasons("planner") == [("spec.identities[0].subject", NOT_PERMITTED)]

    def test_a_persons_front_end_is_no_agent(self):
        claims = {"layout": "ClientId", "client": "azp"}
        outcome = Outcome(issuer(userClients=["web-app"], claims=claims), agent(identities=[identity("web-app")]))
        assert outcome.reasons("planner") == [("spec.identities[0].subject", NOT_PERMITTED)]
        assert held(outcome) == []

    @pytest.mark.parametrize(
        "issuers",
        [
            pytest.param([issuer("corp-idp", algorithms=["HS256"])], id="an issuer that cannot be read"),
            pytest.param([issuer("a-holder"), issuer("corp-idp")], id="an issuer whose iss another holds"),
        ],
    )
    def test_an_issuer_that_is_not_accepted_costs_an_agent_only_its_identities_there(self, issuers):
        good = issuer("good", issuer="https://good.example")
        outcome = Outcome(*issuers, good, agent(identities=[identity("s"), identity("s", "good")]))
        assert outcome.verdict("planner").accepted
        assert outcome.noted("planner") == ["spec.identities[0].issuerRef.name"]
        assert held(outcome) == [("good", "s")]


class TestReferences:
    def test_an_unknown_agent_grants_nothing_and_is_noted(self):
        outcome = Outcome(issuer(), agent(delegatesTo=[{"name": "x"}], delegatesFrom=[{"name": "y", "namespace": "z"}]))
        assert outcome.verdict("planner").accepted
        assert outcome.noted("planner") == ["spec.delegatesTo[0]", "spec.delegatesFrom[0]"]
        assert outcome.agent().delegates_to == (AgentRef("research", "x"),)

    def test_a_known_agent_of_another_namespace_is_not_noted(self):
        outcome = Outcome(issuer(), agent(delegatesTo=[{"name": "x", "namespace": "z"}]), agent("x", "z"))
        assert outcome.noted("planner") == []


def test_an_agent_that_compiles_too_large_is_refused():
    document = agent()
    document["metadata"]["labels"] = {f"label-{number}": "x" * 60 for number in range(5000)}
    outcome = Outcome(issuer(), document)
    assert outcome.reasons("planner") == [("spec", ConditionReason.TOO_LARGE)]
    assert held(outcome) == [("corp-idp", "agent:planner")]
    assert not outcome.agent().valid


def test_switches_are_told_with_the_verdict():
    outcome = Outcome(issuer(), agent(suspended=True, expiresAt="2027-01-01T00:00:00Z"))
    verdict = outcome.verdict("planner")
    assert (verdict.is_suspended, verdict.expires_at) == (True, 1798761600)
