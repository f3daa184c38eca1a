import pytest

from accredit_extauthz.contract.snapshot import (
    BaseProtocol,
    CallerKind,
    Challenge,
    DenialBody,
    ExtraHeader,
    Grant,
    Mode,
    UserScopes,
    UserSelector,
)
from accredit_operator.compile.premises import Premises
from accredit_operator.compile.verdict import ConditionReason
from fakes.objects import ALLOW, ALLOW_HTTP, Outcome, issuer, policy

INVALID, NOT_PERMITTED = ConditionReason.INVALID, ConditionReason.NOT_PERMITTED
REF_NOT_FOUND = ConditionReason.REF_NOT_FOUND
HTTP = {"protocol": "HTTP", "rules": [ALLOW_HTTP]}
CHALLENGE = {"resource": "https://crm.example", "authorizationServers": ["https://idp.example"]}


def test_every_field_reaches_the_record():
    outcome = Outcome(
        issuer(),
        policy(
            mode="Audit",
            callers=["User", "Delegated"],
            requireWorkload=True,
            maxStaleness="30s",
            userScopes="Grants",
            loginScopes=["openid"],
            grants=[{"groups": ["sales"], "tenants": ["acme"], "scopes": ["tool:crm:read"]}],
            publicPaths=[{"path": "/healthz"}, {"path": "/.well-known/x"}],
            baseProtocol="Rules",
            challenge=CHALLENGE,
            denialBody="JsonRpcOk",
            headers={"forwardToken": True, "extra": [{"name": "x-department", "claim": "department"}]},
        ),
        premises=Premises(staleness_known=True),
    )
    assert outcome.verdict("crm").accepted, outcome.verdict("crm").message
    body = outcome.policy().body
    assert (body.mode, body.issuers, body.audiences) == (Mode.AUDIT, ("corp-idp",), ("https://crm.example",))
    assert body.callers == (CallerKind.DELEGATED, CallerKind.USER)
    assert (body.require_workload, body.max_staleness_s) == (True, 30)
    assert (body.user_scopes, body.login_scopes) == (UserScopes.GRANTS, ("openid",))
    assert body.grants == (Grant(users=UserSelector(groups=("sales",), tenants=("acme",)), scopes=("tool:crm:read",)),)
    assert body.public_paths == ("/healthz", "/.well-known/x")
    assert body.base_protocol is BaseProtocol.RULES
    assert body.challenge == Challenge(resource="https://crm.example", authorization_servers=("https://idp.example",))
    assert (body.denial_body, body.forward_token) == (DenialBody.JSON_RPC_OK, True)
    assert body.extra_headers == (ExtraHeader(name="x-department", claim="department"),)


@pytest.mark.parametrize(("spec", "shape"), [({}, DenialBody.JSON_RPC), (HTTP, DenialBody.PROBLEM)])
def test_the_shape_of_denials_follows_the_protocol(spec, shape):
    assert Outcome(issuer(), policy(**spec)).policy().body.denial_body is shape


def test_defaults_are_those_of_the_contract():
    body = Outcome(issuer(), policy()).policy().body
    assert (body.mode, body.callers, body.user_scopes) == (Mode.ENFORCE, (CallerKind.DELEGATED,), UserScopes.TOKEN)
    assert (body.base_protocol, body.max_staleness_s, body.challenge) == (BaseProtocol.ALLOW, 0, None)
    assert body.login_scopes == ("openid", "profile", "email", "offline_access", "address", "phone")
    assert (body.forward_token, body.extra_headers, body.public_paths) == (False, (), ())


@pytest.mark.parametrize(
    ("spec", "field", "reason"),
    [
        pytest.param({"issuers": [{"name": "nobody"}]}, "spec.issuers[0].name", REF_NOT_FOUND, id="an unknown issuer"),
        pytest.param({"issuers": []}, "spec.issuers", INVALID, id="no issuer"),
        pytest.param({"audiences": []}, "spec.audiences", INVALID, id="no audience"),
        pytest.param({"audiences": ["a\u0378"]}, "spec.audiences[0]", INVALID, id="a hidden character"),
        pytest.param({"maxStaleness": "30s"}, "spec.maxStaleness", INVALID, id="staleness of a file"),
        pytest.param({"maxStaleness": "5s"}, "spec.maxStaleness", INVALID, id="too short a staleness"),
        pytest.param(
            {"grants": [{"groups": ["g"], "scopes": ["s"]}]}, "spec.grants", INVALID, id="grants that bound nothing"
        ),
        pytest.param(
            {"grants": [{"scopes": ["s"]}], "userScopes": "Grants"}, "spec.grants[0]", INVALID, id="a grant to nobody"
        ),
        pytest.param({"publicPaths": [{"path": "/admin"}]}, "spec.publicPaths", INVALID, id="a public path in MCP"),
        pytest.param(
            HTTP | {"publicPaths": [{"path": "/a%2Fb"}]}, "spec.publicPaths[0].path", INVALID, id="a second spelling"
        ),
        pytest.param(
            {"challenge": {"resource": 'https://x.example/"'}}, "spec.challenge.resource", INVALID, id="a quote"
        ),
        pytest.param(
            {"challenge": {"authorizationServers": ["https://a.example", "https://x.example/\\"]}},
            "spec.challenge.authorizationServers[1]",
            INVALID,
            id="a backslash",
        ),
        pytest.param(
            {"challenge": {"resource": "https://[x.example"}}, "spec.challenge.resource", INVALID, id="a lone bracket"
        ),
        pytest.param({"challenge": {}}, "spec.challenge", INVALID, id="an empty challenge"),
        pytest.param(
            {"headers": {"extra": [{"name": "x-user-uid", "claim": "sub"}]}},
            "spec.headers.extra[0].name",
            INVALID,
            id="a header of ours",
        ),
    ],
)
def test_a_wrong_field_makes_the_policy_invalid(spec, field, reason):
    outcome = Outcome(issuer(), policy(**spec))
    assert (field, reason) in outcome.reasons("crm")
    assert outcome.policy().body is None
    assert outcome.standings() == {"mcp.example": "invalid"}


def test_an_issuer_that_does_not_let_the_namespace_in_makes_it_invalid():
    outcome = Outcome(issuer(allowedNamespaces={"from": "Names", "names": ["other"]}), policy())
    assert outcome.reasons("crm") == [("spec.issuers[0].name", NOT_PERMITTED)]
    assert outcome.standings() == {"mcp.example": "invalid"}


def test_an_issuer_that_is_not_accepted_is_noted_and_the_others_go_on():
    good = issuer("good", issuer="https://good.example")
    outcome = Outcome(issuer(algorithms=[]), good, policy(issuers=[{"name": "corp-idp"}, {"name": "good"}]))
    assert outcome.verdict("crm").accepted
    assert outcome.noted("crm") == ["spec.issuers[0].name"]
    assert outcome.policy().body.issuers == ("corp-idp", "good")


@pytest.mark.parametrize(
    ("spec", "fields"),
    [
        pytest.param({"userScopes": "Grants"}, ["spec.grants"], id="Grants without grants"),
        pytest.param(
            {"userScopes": "Grants", "grants": [{"groups": ["g"], "scopes": ["a", "b:*"]}]},
            ["spec.grants[0].scopes[1]"],
            id="a grant that looks like a pattern",
        ),
        pytest.param({"rules": [{**ALLOW, "scopes": ["b:*"]}]}, ["spec.rules[0].scopes[0]"], id="a rule that does"),
    ],
)
def test_what_seems_to_say_more_than_it_does_is_noted(spec, fields):
    outcome = Outcome(issuer(), policy(**spec))
    assert outcome.verdict("crm").accepted
    assert outcome.noted("crm") == fields
