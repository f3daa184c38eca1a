from accredit_extauthz.contract.names import AgentRef, Issuer, IssuerName
from accredit_extauthz.contract.scope_pattern import Ceiling
from accredit_extauthz.contract.snapshot import Identity, Key, PrincipalTarget, Standing
from accredit_extauthz.decide.view import Deployment, build
from accredit_extauthz.model.delegation import Subject
from fakes.issuer import FakeIssuer
from fakes.scene import CORP, IDP, agent, body, http_rule, issuer_record, policy, snapshot, view

ISSUER = Issuer(IDP.issuer)


def test_a_view_carries_its_snapshot() -> None:
    seen = build(snapshot(sequence=7, digest="sha256:x"), Deployment())
    assert (seen.sequence, seen.digest) == (7, "sha256:x")
    assert seen.issuer_name(ISSUER) == CORP
    assert seen.issuer_name(Issuer("https://other.example")) is None


def test_a_key_that_cannot_be_loaded_is_left_out() -> None:
    keys = (Key(kid="bad", algorithm="ES256", jwk={}), Key(kid="k1", algorithm="ES256", jwk=IDP.jwk()))
    assert set(view(issuers=(issuer_record(keys=keys),)).issuers[ISSUER].keys) == {"k1"}


def test_an_unusable_issuer_does_not_take_the_place_of_a_usable_one() -> None:
    twin = issuer_record(name=IssuerName("a-twin"), usable=False)
    for records in ((twin, issuer_record()), (issuer_record(), twin)):
        assert view(issuers=records).issuers[ISSUER].record.name == CORP


def test_only_usable_issuers_can_be_asserted() -> None:
    partner = issuer_record(FakeIssuer("https://partner.example"), name=IssuerName("partner"), usable=False)
    asserting = issuer_record(may_assert=(IssuerName("partner"), IssuerName("gone")))
    assert view(issuers=(asserting, partner)).issuers[ISSUER].may_assert == frozenset()


def test_an_identity_of_an_unknown_issuer_names_nobody() -> None:
    stray = agent(identities=(Identity(issuer=IssuerName("gone"), subject="x"),))
    assert view(agents=(stray,)).agents == {}


def test_a_subject_that_two_agents_hold_is_nobodys() -> None:
    twin = agent(ref=AgentRef("other", "twin"))
    subject = Subject(ISSUER, "agent:planner")
    assert not view(agents=(agent(), twin)).agents[subject].valid


def test_what_a_policy_stands_at_is_indexed() -> None:
    target = PrincipalTarget(principal="spiffe://cluster.local/ns/a/sa/b", standing=Standing.GOVERNS)
    seen = view(policies=(policy(), policy("w", targets=(target,)), policy("broken", body=None)))
    assert [placed.policy.ref.name for placed in seen.hosts["crm.example"]] == ["broken", "crm"]
    assert [placed.policy.ref.name for placed in seen.principals[target.principal]] == ["w"]
    assert set(seen.paths) == {"/v1/contacts", "/v1/contacts/*"}


def test_rules_without_paths_and_ceilings_without_sense_compile_to_nothing() -> None:
    seen = view(policies=(policy(body=body(rules=(http_rule(http=None),))),), agents=(agent(scopes=("a:*", "*")),))
    assert seen.paths == {}
    assert seen.ceilings == {agent().ref: Ceiling(frozenset(), ("a:",))}
