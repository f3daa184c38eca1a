from typing import Any

import pytest

from accredit_extauthz.contract.names import IssuerName
from accredit_extauthz.contract.snapshot import (
    CallerKind,
    ClaimNames,
    DenialBody,
    Effect,
    ExtraHeader,
    Grant,
    HttpMatch,
    Layout,
    Mode,
    Protocol,
    UserScopes,
    UserSelector,
)
from accredit_extauthz.decide.decide import decide, refused
from accredit_extauthz.model.decision import Evidence, Ruling
from accredit_extauthz.model.delegation import Subject
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import Refusal
from fakes.issuer import NOW, FakeIssuer
from fakes.scene import (
    IDP,
    agent,
    body,
    call,
    claims_call,
    http_rule,
    issuer_record,
    mcp_call,
    mcp_rule,
    policy,
    ruled,
    tool_call,
    view,
)


def governed(**changes: Any) -> dict[str, Any]:
    return {"policies": (policy(body=body(**changes)),)}


def test_an_allow_rests_on_what_was_proved() -> None:
    decision = ruled(claims_call(groups=["sales"], org_id="acme", email="a@b.example"))
    evidence = decision.evidence
    assert (decision.ruling, decision.reason, decision.message) == (Ruling.ALLOW, Reason.ALLOWED, "")
    assert evidence.delegation is not None
    assert evidence.delegation.user == Subject(issuer_record().issuer, "alice")
    assert [hop.agent.ref.name for hop in evidence.hops] == ["planner"]
    assert evidence.effective_scopes == {"tool:crm:read"}
    assert evidence.rule == (policy().ref, "read")
    assert evidence.claims is not None
    assert evidence.claims.token_id == "t-1"


TAMPERED = IDP.mint()[:-6] + "AAAAAA"
STRANGER = FakeIssuer("https://stranger.example")


@pytest.mark.parametrize(
    ("asked", "seen", "reason"),
    [
        pytest.param(call(path="/a/../b", host="x,y"), {}, Reason.REQUEST_MALFORMED, id="shape before policy"),
        pytest.param(call(None, host="gone.example"), {}, Reason.NO_POLICY, id="policy before token"),
        pytest.param(call(None), {}, Reason.TOKEN_MISSING, id="a token at all"),
        pytest.param(call("a.b"), {}, Reason.TOKEN_MALFORMED, id="its shape"),
        pytest.param(call(STRANGER.mint(header={"typ": "x"})), {}, Reason.TOKEN_ISSUER, id="issuer before type"),
        pytest.param(claims_call(iss=7), {}, Reason.TOKEN_ISSUER, id="an issuer that is no string"),
        pytest.param(claims_call(iss=None), {}, Reason.TOKEN_ISSUER, id="no issuer"),
        pytest.param(call(), {"issuers": (issuer_record(usable=False),)}, Reason.TOKEN_ISSUER, id="a disabled issuer"),
        pytest.param(call(IDP.mint(header={"typ": "JWT", "kid": "x"})), {}, Reason.TOKEN_TYPE, id="type before key"),
        pytest.param(call(IDP.mint(header={"kid": "x", "alg": "none"})), {}, Reason.TOKEN_KEY_UNKNOWN, id="key first"),
        pytest.param(call(IDP.mint(header={"alg": "none"})), {}, Reason.TOKEN_ALGORITHM, id="algorithm, not signature"),
        pytest.param(call(TAMPERED), {}, Reason.TOKEN_SIGNATURE, id="signature"),
        pytest.param(
            call(FakeIssuer().mint(IDP.claims(exp="x"))), {}, Reason.TOKEN_SIGNATURE, id="signature before claims"
        ),
        pytest.param(claims_call(jti=7, exp=NOW - 100), {}, Reason.TOKEN_CLAIMS, id="claims before times"),
        pytest.param(
            claims_call(exp=NOW - 100, iat=NOW - 200, aud="x"), {}, Reason.TOKEN_EXPIRED, id="times, audience"
        ),
        pytest.param(
            claims_call(aud="x"), governed(issuers=(IssuerName("x"),)), Reason.TOKEN_ISSUER, id="policy's issuers first"
        ),
        pytest.param(claims_call(aud="x", cnf={"x5t#S256": "y"}), {}, Reason.TOKEN_AUDIENCE, id="audience before cnf"),
        pytest.param(claims_call(cnf={"x5t#S256": "y"}, act=7), {}, Reason.TOKEN_CLAIMS, id="cnf before delegation"),
        pytest.param(claims_call(act=7), governed(callers=()), Reason.ACTOR_MALFORMED, id="delegation before caller"),
        pytest.param(
            claims_call(sub="agent:planner", act={"sub": "agent:x"}), {}, Reason.USER_INVALID, id="an agent as user"
        ),
        pytest.param(
            claims_call(sub="agent:planner", act={"sub": "agent:x"}, oid="8f3a"),
            {"issuers": (issuer_record(claims=ClaimNames(layout=Layout.ACT_CLAIM, user="oid")),)},
            Reason.USER_INVALID,
            id="an agent's own token, though another claim names a user",
        ),
        pytest.param(claims_call(act=None), {}, Reason.ACTOR_MISSING, id="no actor"),
        pytest.param(
            call(), governed(callers=(CallerKind.USER,)) | {"agents": ()}, Reason.CALLER_NOT_ALLOWED, id="caller, hops"
        ),
        pytest.param(call(), {"agents": ()}, Reason.AGENT_UNKNOWN, id="an unknown agent"),
        pytest.param(
            mcp_call(b"[]", path="/mcp"),
            governed(protocol=Protocol.MCP, rules=(mcp_rule(),)) | {"agents": (agent(acts_for=None),)},
            Reason.ACTS_FOR_NOT_GRANTED,
            id="chain before operation",
        ),
        pytest.param(
            mcp_call(b"[]"),
            governed(protocol=Protocol.MCP, rules=(mcp_rule(),)) | {"agents": (agent(scopes=()),)},
            Reason.BATCH_UNSUPPORTED,
            id="operation before ceilings",
        ),
    ],
)
def test_the_first_refusal_in_the_order_wins(asked: Any, seen: dict[str, Any], reason: Reason) -> None:
    decision = ruled(asked, view(**seen))
    assert (decision.ruling, decision.reason) == (Ruling.DENY, reason)
    assert decision.message


def test_without_a_view_everything_is_denied() -> None:
    assert decide(call(path="//"), None, NOW, 0).reason is Reason.SNAPSHOT_MISSING


@pytest.mark.parametrize(
    ("limit", "age", "reason"),
    [(0, 10**6, Reason.ALLOWED), (30, 30, Reason.ALLOWED), (30, 31, Reason.VIEW_STALE)],
)
def test_a_view_may_be_as_old_as_the_policy_says(limit: int, age: int, reason: Reason) -> None:
    assert ruled(call(), view(**governed(max_staleness_s=limit)), view_age_s=age).reason is reason


PUBLIC = {"path": "/healthz", "token": None}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({}, Reason.ALLOWED_PUBLIC, id="GET"),
        pytest.param({"method": "HEAD"}, Reason.ALLOWED_PUBLIC, id="HEAD"),
        pytest.param({"token": "junk"}, Reason.ALLOWED_PUBLIC, id="a token that nobody reads"),
        pytest.param({"declared_size": 0}, Reason.ALLOWED_PUBLIC, id="an empty body"),
        pytest.param({"method": "POST"}, Reason.TOKEN_MISSING, id="POST"),
        pytest.param({"body": b"x"}, Reason.TOKEN_MISSING, id="a body"),
        pytest.param({"declared_size": 1}, Reason.TOKEN_MISSING, id="a body to come"),
        pytest.param({"path": "/healthz/"}, Reason.TOKEN_MISSING, id="another path"),
    ],
)
def test_public_paths_are_exact_and_only_read(changes: dict[str, Any], reason: Reason) -> None:
    asked = call(**(PUBLIC | changes))
    decision = ruled(asked, view(**governed(public_paths=("/healthz",))))
    assert decision.reason is reason
    assert decision.evidence.delegation is None


def test_a_stale_or_disabled_policy_has_no_public_paths() -> None:
    seen = view(**governed(public_paths=("/healthz",), mode=Mode.DISABLED))
    assert ruled(call(**PUBLIC), seen).reason is Reason.POLICY_DISABLED


@pytest.mark.parametrize(
    ("asked", "changes", "named"),
    [
        pytest.param(call(), {"mode": Mode.DISABLED}, "crm", id="one that is disabled"),
        pytest.param(call(None), {}, "crm", id="the one that governs"),
        pytest.param(call(host="gone.example"), {}, None, id="none"),
    ],
)
def test_a_denial_names_the_policy_because_of_which(asked: Any, changes: dict[str, Any], named: str | None) -> None:
    found = ruled(asked, view(**governed(**changes))).evidence.policy
    assert (found and found.name) == named


# --- audit mode

SALES = Grant(users=UserSelector(groups=("sales",)), scopes=("tool:crm:read",))
DENY = http_rule(name="no", effect=Effect.DENY, scopes=(), http=HttpMatch(methods=("*",), paths=("/**",)))


@pytest.mark.parametrize(
    ("changes", "claims", "agents", "reason"),
    [
        pytest.param({}, {"act": None}, {}, Reason.ACTOR_MISSING, id="no actor"),
        pytest.param({}, {}, {"acts_for": None}, Reason.ACTS_FOR_NOT_GRANTED, id="not for this user"),
        pytest.param({}, {"scope": "x"}, {}, Reason.SCOPE_MISSING, id="a scope missing"),
        pytest.param(
            {"user_scopes": UserScopes.GRANTS, "grants": (SALES,)},
            {},
            {},
            Reason.SCOPE_EXCEEDS_USER,
            id="beyond the user",
        ),
        pytest.param({}, {}, {"scopes": ("x:y",)}, Reason.SCOPE_EXCEEDS_AGENT, id="beyond the agent"),
        pytest.param({}, {}, {"scopes": ()}, Reason.SCOPE_EXCEEDS_AGENT, id="an empty ceiling"),
        pytest.param({"rules": ()}, {}, {}, Reason.TOOL_NOT_LISTED, id="nothing lists it"),
        pytest.param({"rules": (http_rule(), DENY)}, {}, {}, Reason.RULE_DENIED, id="a rule denies it"),
        pytest.param({}, {"act": None, "scope": "x"}, {}, Reason.ACTOR_MISSING, id="the first of several"),
    ],
)
def test_audit_mode_would_deny_and_lets_pass(
    changes: dict[str, Any], claims: dict[str, Any], agents: dict[str, Any], reason: Reason
) -> None:
    seen = view(policies=(policy(body=body(mode=Mode.AUDIT, **changes)),), agents=(agent(**agents),))
    decision = ruled(claims_call(**claims), seen)
    assert (decision.ruling, decision.reason) == (Ruling.WOULD_DENY, reason)
    assert decision.message
    enforced = view(policies=(policy(body=body(**changes)),), agents=(agent(**agents),))
    assert ruled(claims_call(**claims), enforced).reason is reason


@pytest.mark.parametrize(
    ("claims", "agents", "reason"),
    [
        ({"exp": NOW - 100, "iat": NOW - 200}, {}, Reason.TOKEN_EXPIRED),
        ({}, {"suspended": True}, Reason.AGENT_SUSPENDED),
        ({}, {"workloads": ()}, Reason.WORKLOAD_MISSING),
        ({"act": {"sub": "x"}}, {}, Reason.AGENT_UNKNOWN),
    ],
)
def test_audit_mode_enforces_what_is_not_on_its_list(
    claims: dict[str, Any], agents: dict[str, Any], reason: Reason
) -> None:
    seen = view(policies=(policy(body=body(mode=Mode.AUDIT)),), agents=(agent(**agents),))
    assert (ruled(claims_call(**claims), seen).ruling, ruled(claims_call(**claims), seen).reason) == (
        Ruling.DENY,
        reason,
    )


def test_audit_mode_records_the_rule_that_was_noted() -> None:
    seen = view(**governed(mode=Mode.AUDIT, rules=(http_rule(), DENY)))
    assert ruled(call(), seen).evidence.rule == (policy().ref, "no")


def test_audit_mode_allows_what_passes() -> None:
    assert ruled(call(), view(**governed(mode=Mode.AUDIT))).ruling is Ruling.ALLOW


# --- what a denial says

MCP = governed(protocol=Protocol.MCP, rules=(mcp_rule(),), denial_body=DenialBody.JSON_RPC)


@pytest.mark.parametrize(
    ("asked", "seen", "rpc_id"),
    [
        pytest.param(mcp_call(tool_call(), None), MCP, 7, id="before the token is read"),
        pytest.param(mcp_call(tool_call("x")), MCP, 7, id="after the body is read"),
        pytest.param(mcp_call(b'{"id":1,"id":2}', None), MCP, None, id="a body that is not strict"),
        pytest.param(mcp_call(b'{"id":1,"id":2}'), MCP, None, id="one that a good caller sent"),
        pytest.param(mcp_call(b'{"id":1}'), MCP, 1, id="a message that is none, and has an id"),
        pytest.param(mcp_call(tool_call(), None), {}, None, id="a denial that is no JSON-RPC"),
        pytest.param(mcp_call(tool_call(), None, host="gone.example"), MCP, None, id="no policy that says how"),
    ],
)
def test_a_json_rpc_denial_echoes_the_id(asked: Any, seen: dict[str, Any], rpc_id: int | None) -> None:
    decision = ruled(asked, view(**seen))
    assert decision.ruling is Ruling.DENY
    assert decision.evidence.rpc_id == rpc_id


def test_a_refusal_without_a_call_is_a_denial_too() -> None:
    decision = refused(Refusal(Reason.REQUEST_MALFORMED, "no request"), Evidence())
    assert (decision.ruling, decision.reason, decision.evidence.rpc_id) == (Ruling.DENY, Reason.REQUEST_MALFORMED, None)


@pytest.mark.parametrize(
    ("token", "user"),
    [
        pytest.param(TAMPERED, "alice", id="a tampered token"),
        pytest.param(IDP.mint(IDP.claims(sub=7)), None, id="a subject that is no string"),
        pytest.param("a.b", None, id="no token"),
    ],
)
def test_what_an_unproved_token_says_is_kept_apart(token: str, user: str | None) -> None:
    evidence = ruled(call(token)).evidence
    assert (evidence.unverified_user.subject if evidence.unverified_user else None) == user
    assert evidence.claims is None
    assert evidence.delegation is None


@pytest.mark.parametrize(
    ("value", "header"),
    [
        ("sales", "sales"),
        (7, "7"),
        (True, "true"),
        (False, "false"),
        (None, None),
        (1.5, None),
        (["a"], None),
        ({}, None),
    ],
)
def test_extra_headers_carry_plain_claims(value: object, header: str | None) -> None:
    extra = (ExtraHeader(name="x-department", claim="department"),)
    decision = ruled(claims_call(department=value), view(**governed(extra_headers=extra)))
    assert decision.evidence.extra_headers == {"x-department": header}


def test_an_extra_header_may_come_from_within_a_claim() -> None:
    extra = (ExtraHeader(name="x-team", claim="/org/team"), ExtraHeader(name="x-site", claim="/org/site"))
    decision = ruled(claims_call(org={"team": "red"}), view(**governed(extra_headers=extra)))
    assert decision.evidence.extra_headers == {"x-team": "red", "x-site": None}
