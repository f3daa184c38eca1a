"""Two Authorization headers arrive as one value, and credentials elsewhere are none (RFC 6750 §2)."""

import pytest

from accredit_extauthz.model.reason import Reason
from fakes.attack import allowed, denied
from fakes.envoy import check_request, raw_header_request
from fakes.issuer import FakeIssuer
from fakes.scene import IDP

GOOD, FORGED = IDP.mint(), FakeIssuer().mint()


@pytest.mark.parametrize(
    "value",
    [
        f"Bearer {GOOD},Bearer {FORGED}",
        f"Bearer {FORGED},Bearer {GOOD}",
        f"Bearer {GOOD}, Bearer {GOOD}",
        f"Bearer {GOOD},Basic YTpi",
        f"Bearer {GOOD} {FORGED}",
        f"Bearer  {GOOD}",
        f"Bearer {GOOD} ",
        f"Bearer {GOOD};{FORGED}",
        f'Bearer "{GOOD}"',
        f"Bearer Bearer {GOOD}",
        "Bearer ",
    ],
    ids=lambda value: value.replace(GOOD, "GOOD").replace(FORGED, "FORGED"),
)
def test_a_bearer_that_is_not_one_token(value):
    assert denied(check_request(headers={"authorization": value})) is Reason.TOKEN_MALFORMED


@pytest.mark.parametrize(
    "value",
    [f"Basic YTpi,Bearer {GOOD}", GOOD, f"Token {GOOD}", f"Bearer\t{GOOD}", f" Bearer {GOOD}", f"Bearer={GOOD}", ""],
    ids=lambda value: value.replace(GOOD, "GOOD"),
)
def test_no_bearer(value):
    assert denied(check_request(headers={"authorization": value})) is Reason.TOKEN_MISSING


@pytest.mark.parametrize(
    "name", ["proxy-authorization", "x-authorization", "authorization_", "cookie", "x-forwarded-access-token"]
)
def test_a_token_in_another_header(name):
    assert denied(check_request(headers={name: f"Bearer {GOOD}"})) is Reason.TOKEN_MISSING


def test_a_token_in_the_query_or_a_form():
    assert denied(check_request(path=f"/v1/contacts?access_token={GOOD}")) is Reason.TOKEN_MISSING
    form = {"content-type": "application/x-www-form-urlencoded"}
    sent = check_request("POST", headers=form, body=f"access_token={GOOD}".encode())
    assert denied(sent) is Reason.TOKEN_MISSING


def test_two_headers_that_were_not_joined_yet():
    bearer = f"Bearer {GOOD}".encode()
    assert denied(raw_header_request([("authorization", bearer), ("Authorization", bearer)])) is Reason.TOKEN_MALFORMED


def test_the_scheme_has_no_case():
    allowed(check_request(headers={"authorization": f"bEARER {GOOD}"}))
