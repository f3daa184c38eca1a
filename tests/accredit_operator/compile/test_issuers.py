import pytest

from accredit_extauthz.contract.snapshot import Key
from accredit_operator.compile.issuers import normalise_token_type
from accredit_operator.compile.verdict import ConditionReason
from accredit_operator.conditions import Status
from accredit_operator.world import NamespaceFacts
from fakes.issuer import FakeIssuer
from fakes.objects import JWK, Outcome, agent, issuer, policy

CONFLICTED, NOT_PERMITTED = ConditionReason.CONFLICTED, ConditionReason.NOT_PERMITTED
REMOTE = {"source": "Discovery"}


def keys_fetched(outcome, name="corp-idp"):
    (condition,) = outcome.verdict(name).conditions
    return condition.status, condition.reason


def test_every_field_reaches_the_record():
    spec = {
        "algorithms": ["RS256", "ES256"],
        "tokenTypes": ["application/AT+JWT", "None"],
        "requiredClaims": [{"name": "token_use", "values": ["access"]}],
        "maxTokenLifetime": "15m",
        "clockSkew": "0s",
        "claims": {
            "layout": "ClientId",
            "user": "oid",
            "client": "azp",
            "scopes": "scp",
            "groups": "groups",
            "tenant": "tid",
            "email": "email",
        },
        "userClients": ["web-app"],
        "mayAssertIssuers": [{"name": "other"}],
        "companionAudiences": ["https://idp.example/userinfo"],
    }
    record = Outcome(issuer(**spec), issuer("other", issuer="https://other.example")).issuer()
    assert record.usable
    assert record.algorithms == ("ES256", "RS256")
    assert [key.kid for key in record.keys] == ["k1"]
    assert record.token_types == ("", "at+jwt")
    assert [(claim.name, claim.values) for claim in record.required_claims] == [("token_use", ("access",))]
    assert (record.max_token_lifetime_s, record.clock_skew_s) == (900, 0)
    claims = record.claims
    assert (claims.layout, claims.user, claims.client, claims.scopes) == ("ClientId", "oid", "azp", "scp")
    assert (claims.groups, claims.tenant, claims.email) == ("groups", "tid", "email")
    assert record.user_clients == ("web-app",)
    assert record.may_assert == ("other",)
    assert record.companion_audiences == ("https://idp.example/userinfo",)


def test_defaults_are_those_of_the_contract():
    record = Outcome(issuer()).issuer()
    assert (record.token_types, record.max_token_lifetime_s, record.clock_skew_s) == (("at+jwt",), 3600, 5)


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("at+jwt", "at+jwt"),
        ("AT+JWT", "at+jwt"),
        ("Application/at+jwt", "at+jwt"),
        ("JWT", "jwt"),
        ("None", ""),
        ("application/none", "none"),  # a media type; only None alone stands for no `typ`
    ],
)
def test_token_types_are_compared_without_case_and_prefix(written, compared):
    assert normalise_token_type(written) == compared


def test_the_oldest_claim_holds_an_iss_and_keeps_working():
    outcome = Outcome(
        issuer("a-late", created="2026-01-02T00:00:00Z"),
        issuer("b-early", created="2026-01-01T00:00:00Z"),
        issuer("c-undated"),
    )
    assert [(record.name, record.usable) for record in outcome.snapshot.issuers] == [("b-early", True)]
    for late in ("a-late", "c-undated"):
        assert outcome.reasons(late) == [("spec.issuer", CONFLICTED)]


def test_a_mistake_in_the_holder_does_not_hand_its_iss_to_another():
    outcome = Outcome(issuer("a", algorithms=["HS256"]), issuer("b"))
    assert [(record.name, record.usable) for record in outcome.snapshot.issuers] == [("a", False)]
    assert outcome.reasons("b") == [("spec.issuer", CONFLICTED)]


def test_an_issuer_whose_iss_cannot_be_read_has_no_record():
    outcome = Outcome(issuer(issuer=["https://idp.example"]))
    assert outcome.snapshot.issuers == ()
    assert outcome.verdict("corp-idp").reason is ConditionReason.INVALID


def test_a_disabled_issuer_is_accepted_and_unusable():
    outcome = Outcome(issuer(disabled=True))
    assert outcome.verdict("corp-idp").accepted
    assert not outcome.issuer().usable


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        pytest.param({"issuer": "https://idp.example\u0378"}, "spec.issuer", id="an unassigned character in iss"),
        pytest.param({"userClients": ["web\u0378"]}, "spec.userClients[0]", id="one in a client"),
        pytest.param({"companionAudiences": ["a", "b\u0378"]}, "spec.companionAudiences[1]", id="one in an audience"),
        pytest.param({"clockSkew": "61s"}, "spec.clockSkew", id="too much skew"),
        pytest.param({"tokenTypes": ["JWT"]}, "spec.requiredClaims", id="ID tokens not told apart"),
        pytest.param({"claims": {"layout": "ClientId"}}, "spec.claims.client", id="ClientId without a client claim"),
        pytest.param({"algorithms": ["HS256"]}, "spec.algorithms[0]", id="an HMAC"),
        pytest.param({"jwks": {"source": "URL", "url": "http://idp.example/jwks"}}, "spec.jwks.url", id="no TLS"),
        pytest.param({"issuer": "idp", "jwks": REMOTE}, "spec.issuer", id="discovery without an https issuer"),
        pytest.param({"allowedNamespaces": ...}, "spec.allowedNamespaces", id="nobody said who may refer to it"),
        pytest.param({"disabled": None}, "spec.disabled", id="a null"),
    ],
)
def test_an_invalid_issuer_is_unusable(spec, field):
    outcome = Outcome(issuer(**spec))
    assert [problem.field for problem in outcome.verdict("corp-idp").problems] == [field]
    assert not outcome.issuer().usable


class TestKeys:
    def test_inline_keys_are_there_at_once(self):
        assert keys_fetched(Outcome(issuer())) == (Status.TRUE, "KeysUsable")

    def test_a_bad_key_is_noted_and_the_issuer_stays_accepted(self):
        weak = JWK | {"kid": "k2", "use": "enc"}
        outcome = Outcome(issuer(jwks={"source": "Inline", "inline": {"keys": [JWK, weak]}}))
        assert outcome.verdict("corp-idp").accepted
        assert outcome.noted("corp-idp") == ["spec.jwks.inline.keys[1].use"]
        assert [key.kid for key in outcome.issuer().keys] == ["k1"]

    def test_a_set_without_a_usable_key_says_so(self):
        outcome = Outcome(issuer(jwks={"source": "Inline", "inline": {"keys": []}}))
        assert keys_fetched(outcome) == (Status.FALSE, "NoUsableKeys")

    def test_a_denied_key_is_dead_now(self):
        jwks = {"source": "Inline", "inline": {"keys": [JWK]}, "deniedKeyIDs": ["k1"]}
        outcome = Outcome(issuer(jwks=jwks))
        assert outcome.issuer().keys == ()
        assert keys_fetched(outcome) == (Status.FALSE, "NoUsableKeys")

    def test_a_remote_set_has_no_keys_until_they_are_fetched(self):
        outcome = Outcome(issuer(jwks=REMOTE))
        assert keys_fetched(outcome) == (Status.FALSE, "NotFetched")
        assert outcome.issuer().keys == ()
        assert outcome.issuer().usable

    def test_fetched_keys_are_held_to_the_listed_algorithms_and_denials(self):
        good, denied = (Key(kid=kid, algorithm="ES256", jwk={}) for kid in ("good", "denied"))
        other = Key(kid="other", algorithm="RS256", jwk={})
        outcome = Outcome(issuer(jwks=REMOTE | {"deniedKeyIDs": ["denied"]}), keys={"corp-idp": (good, denied, other)})
        assert outcome.issuer().keys == (good,)
        assert keys_fetched(outcome) == (Status.TRUE, "KeysUsable")

    def test_a_key_for_two_listed_algorithms_is_noted(self):
        jwk = {name: value for name, value in FakeIssuer(algorithm="RS256").jwk().items() if name != "alg"}
        jwks = {"source": "Inline", "inline": {"keys": [jwk]}}
        assert Outcome(issuer(jwks=jwks, algorithms=["RS256", "PS256"])).noted("corp-idp") == [
            "spec.jwks.inline.keys[0].alg"
        ]


class TestReferences:
    def test_an_unknown_issuer_in_may_assert_issuers_grants_nothing_and_is_noted(self):
        outcome = Outcome(issuer(mayAssertIssuers=[{"name": "nobody"}]))
        assert outcome.verdict("corp-idp").accepted
        assert outcome.noted("corp-idp") == ["spec.mayAssertIssuers[0].name"]

    def test_user_clients_without_a_client_claim_are_noted(self):
        assert Outcome(issuer(userClients=["web-app"])).noted("corp-idp") == ["spec.userClients"]

    def test_a_companion_audience_is_no_policys_audience(self):
        outcome = Outcome(issuer(companionAudiences=["https://crm.example"]), policy())
        assert outcome.verdict("corp-idp").accepted
        assert outcome.reasons("crm") == [("spec.audiences[0]", NOT_PERMITTED)]
        assert outcome.standings() == {"mcp.example": "invalid"}

    def test_the_companion_audience_of_an_issuer_that_a_policy_does_not_list_is_free(self):
        other = issuer("other", issuer="https://other.example", companionAudiences=["https://crm.example"])
        assert Outcome(issuer(), other, policy()).verdict("crm").accepted


class TestAllowedNamespaces:
    NAMESPACES = (NamespaceFacts("research", {"tier": "gold"}), NamespaceFacts("tools", {"tier": "iron"}))

    @pytest.mark.parametrize(
        ("allowed", "expected"),
        [
            pytest.param({"from": "All"}, True, id="all"),
            pytest.param({"from": "Names", "names": ["ops", "research"]}, True, id="a name"),
            pytest.param({"from": "Names", "names": ["tools"]}, False, id="another's name"),
            pytest.param({"from": "Selector", "selector": {"matchLabels": {"tier": "gold"}}}, True, id="a label"),
            pytest.param(
                {"from": "Selector", "selector": {"matchLabels": {"tier": "iron"}}}, False, id="not its label"
            ),
            pytest.param(
                {"from": "Selector", "selector": {"matchLabels": {"kubernetes.io/metadata.name": "research"}}},
                True,
                id="the label that every namespace has",
            ),
        ],
    )
    def test_a_namespace_is_permitted_by(self, allowed, expected):
        outcome = Outcome(issuer(allowedNamespaces=allowed), agent(), namespaces=self.NAMESPACES)
        assert outcome.verdict("planner").accepted is expected

    def test_a_namespace_that_is_not_declared_has_no_labels(self):
        allowed = {"from": "Selector", "selector": {"matchLabels": {"tier": "gold"}}}
        outcome = Outcome(issuer(allowedNamespaces=allowed), agent())
        assert outcome.reasons("planner") == [("spec.identities[0].issuerRef.name", NOT_PERMITTED)]
