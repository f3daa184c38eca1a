"""What the player calls a difference from the story."""

import jwt
import pytest

from accredit_cli.demo.player import ISSUER, mint, problems
from accredit_cli.demo.senders import Outcome
from accredit_cli.demo.steps import Step, Token
from accredit_cli.minting import new_key
from accredit_extauthz.model.reason import Reason

NOW = 1_800_000_000
ALLOWED = Step(shows="", reason=Reason.ALLOWED, token=Token(agents=("planner", "researcher")), scopes=("b", "a"))
TOLD = {
    "x-user-uid": "alice",
    "x-user-issuer": ISSUER,
    "x-agent-id": "research/researcher",
    "x-agent-chain": "research/planner>research/researcher",
    "x-agent-scopes": "a b",
    "x-accredit-decision": "0",
}


def told(**changes):
    merged = TOLD | {name.replace("_", "-"): value for name, value in changes.items()}
    return Outcome(200, "allowed", told={name: value for name, value in merged.items() if value is not None})


def test_the_upstream_told_exactly_who_calls_is_no_difference():
    assert problems(ALLOWED, told()) == []


@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param(told(x_user_uid="root"), id="another user"),
        pytest.param(told(x_agent_chain="research/researcher>research/planner"), id="the chain reversed"),
        pytest.param(told(x_agent_scopes="a b c"), id="a scope too many"),
        pytest.param(told(authorization="Bearer x"), id="the bearer forwarded"),
        pytest.param(told(x_agent_id=None), id="no agent"),
        pytest.param(told(x_tenant_id="acme"), id="a header of nobody's"),
        pytest.param(told(x_accredit_decision=None), id="no decision"),
        pytest.param(Outcome(503, "snapshot_missing"), id="a refusal"),
        pytest.param(Outcome(503, ""), id="an outage"),
    ],
)
def test_whatever_else_is(outcome):
    assert problems(ALLOWED, outcome)


def test_a_refusal_has_to_be_the_one_told():
    step = Step(shows="", reason=Reason.SCOPE_MISSING)
    assert problems(step, Outcome(403, "scope_missing")) == []
    assert problems(step, Outcome(403, "tool_not_listed"))
    assert problems(step, told())


def test_a_missing_token_has_to_be_challenged():
    step = Step(shows="", reason=Reason.TOKEN_MISSING, token=None)
    assert (
        problems(step, Outcome(401, "token_missing", challenge='Bearer resource_metadata="https://mcp.example"')) == []
    )
    assert problems(step, Outcome(401, "token_missing"))


def test_a_tampered_token_differs_in_its_signature_alone_and_does_not_verify():
    key = new_key("ES256")
    good, bad = mint(key, Token(), NOW), mint(key, Token(tampered=True), NOW)
    public, options = jwt.PyJWK(key.jwk()), {"verify_exp": False, "verify_iat": False, "verify_aud": False}
    assert jwt.decode(good, public, algorithms=["ES256"], options=options)["sub"] == "alice"
    assert len(bad) == len(good)
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(bad, public, algorithms=["ES256"], options=options)


def test_an_old_token_was_issued_then():
    claims = jwt.decode(mint(new_key("ES256"), Token(age_s=60), NOW), options={"verify_signature": False})
    assert (claims["iat"], claims["exp"]) == (NOW - 60, NOW + 540)
