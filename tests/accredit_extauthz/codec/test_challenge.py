import pytest

from accredit_extauthz.codec.challenge import challenge, metadata_url
from accredit_extauthz.model.reason import ANSWERS, Reason
from fakes.decisions import denied, governing

CHALLENGED = {reason for reason, answer in ANSWERS.items() if answer.status == 401} | {Reason.SCOPE_MISSING}


@pytest.mark.parametrize(
    ("resource", "url"),
    [
        pytest.param(
            "https://crm.example", "https://crm.example/.well-known/oauth-protected-resource", id="a host alone"
        ),
        pytest.param(
            "https://crm.example/", "https://crm.example/.well-known/oauth-protected-resource", id="a slash is dropped"
        ),
        pytest.param(
            "https://crm.example/mcp/v1",
            "https://crm.example/.well-known/oauth-protected-resource/mcp/v1",
            id="a path comes after",
        ),
        pytest.param(
            "https://crm.example:8443/mcp/",
            "https://crm.example:8443/.well-known/oauth-protected-resource/mcp/",
            id="port and final slash stay",
        ),
        pytest.param(
            "https://crm.example/?tenant=1",
            "https://crm.example/.well-known/oauth-protected-resource?tenant=1",
            id="a query comes last",
        ),
    ],
)
def test_metadata_stands_before_the_path_of_its_resource(resource, url):
    assert metadata_url(resource) == url


@pytest.mark.parametrize("reason", Reason)
def test_a_challenge_is_made_for_401_and_for_a_missing_scope(reason):
    assert (challenge(denied(reason)) is not None) is (reason in CHALLENGED)


def test_a_request_without_a_token_is_told_no_error():
    asked = challenge(denied(Reason.TOKEN_MISSING, required_scopes=("tool:crm:read",)))
    assert asked == (
        'Bearer scope="tool:crm:read", resource_metadata="https://crm.example/.well-known/oauth-protected-resource/mcp"'
    )


def test_the_scheme_never_stands_alone():
    asked = challenge(denied(Reason.TOKEN_MISSING, governing=governing(challenge=None), required_scopes=()))
    assert asked == 'Bearer realm="accredit"'


def test_a_denial_without_a_policy_still_has_its_challenge():
    asked = challenge(denied(Reason.TOKEN_MALFORMED, "two tokens", governing=None, required_scopes=()))
    assert asked == 'Bearer error="invalid_token", error_description="two tokens"'


def test_all_scopes_that_the_operation_needs_are_asked_for():
    asked = challenge(denied(Reason.SCOPE_MISSING, required_scopes=("b", "a")))
    assert asked is not None
    assert 'scope="b a"' in asked
