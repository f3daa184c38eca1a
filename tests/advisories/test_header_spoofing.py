"""Request headers that pretend to be Accredit's, or that turn the request into another after it was judged."""

import pytest

from accredit_extauthz.contract.snapshot import ExtraHeader
from fakes.attack import allowed, with_token
from fakes.scene import IDP, body, policy, view

TOKEN = IDP.mint(IDP.claims(department="sales"))
SEEN = view(policies=(policy(body=body(extra_headers=(ExtraHeader(name="x-department", claim="department"),))),))


def forwarded(name: str) -> dict[str, str]:
    """What the upstream sees of a header that a client sends as `evil`, once Envoy has done as told."""
    answer = allowed(with_token(TOKEN, headers={name: "evil"}), SEEN)
    seen = {name.lower(): "evil"}
    for option in answer.ok_response.headers:
        assert option.append_action == option.OVERWRITE_IF_EXISTS_OR_ADD
        seen[option.header.key.lower()] = option.header.value
    for removed in answer.ok_response.headers_to_remove:
        seen.pop(removed.lower(), None)
    return seen


@pytest.mark.parametrize(
    "name",
    [
        "x-user-uid",
        "x_user_uid",
        "X-User_UID",
        "x-user-issuer",
        "x_user_email",
        "x-tenant-id",
        "x_tenant_id",
        "x-agent-id",
        "x_agent_id",
        "x-agent_chain",
        "X_AGENT_SCOPES",
        "x-accredit-decision",
        "x_accredit_decision",
        "x-accredit-reason",
        "x-accredit-assertion",
        "x-department",
        "x_department",
        "X_Department",
    ],
)
def test_no_spelling_of_an_owned_header_reaches_the_upstream(name):
    assert "evil" not in forwarded(name).values()


@pytest.mark.parametrize(
    "name",
    ["x-http-method-override", "X-HTTP-Method-Override", "x_http_method_override", "x-original-url", "x-rewrite-url"],
)
def test_no_override_reaches_the_upstream(name):
    assert "evil" not in forwarded(name).values()


def test_the_token_does_not_reach_the_upstream():
    assert "authorization" not in forwarded("x-harmless")


def test_other_headers_do():
    assert forwarded("x-harmless")["x-harmless"] == "evil"
