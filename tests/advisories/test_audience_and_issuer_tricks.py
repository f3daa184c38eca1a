"""Tokens that were made for another service or by another issuer, dressed up as ours."""

import pytest

from accredit_extauthz.model.reason import Reason
from fakes.attack import denied, with_token
from fakes.issuer import FakeIssuer
from fakes.scene import IDP

OURS = "https://crm.example"


@pytest.mark.parametrize(
    ("aud", "reason"),
    [
        ("https://other.example", Reason.TOKEN_AUDIENCE),
        ("https://crm.example/", Reason.TOKEN_AUDIENCE),
        ("HTTPS://CRM.EXAMPLE", Reason.TOKEN_AUDIENCE),
        (f"{OURS} https://other.example", Reason.TOKEN_AUDIENCE),
        ([OURS, "https://other.example"], Reason.TOKEN_AUDIENCE),
        ([OURS, OURS], Reason.TOKEN_CLAIMS),
        ([], Reason.TOKEN_CLAIMS),
        ({OURS: True}, Reason.TOKEN_CLAIMS),
        ([[OURS]], Reason.TOKEN_CLAIMS),
        (None, Reason.TOKEN_CLAIMS),
        ("*", Reason.TOKEN_AUDIENCE),
    ],
    ids=str,
)
def test_an_audience_that_is_not_ours_alone(aud, reason):
    assert denied(with_token(IDP.mint(IDP.claims(aud=aud)))) is reason


@pytest.mark.parametrize(
    "iss",
    [
        "https://idp.example/",
        "https://IDP.example",
        "http://idp.example",
        "https://idp.example.evil.example",
        "https://evil.example",
        ["https://idp.example"],
        {"iss": "https://idp.example"},
        7,
        None,
    ],
    ids=str,
)
def test_an_issuer_that_is_not_ours_byte_for_byte(iss):
    assert denied(with_token(IDP.mint(IDP.claims(iss=iss)))) is Reason.TOKEN_ISSUER


def test_our_issuers_name_under_another_key():
    assert denied(with_token(FakeIssuer("https://idp.example").mint())) is Reason.TOKEN_SIGNATURE


@pytest.mark.parametrize(
    "scope",
    [
        "tool:crm:*",
        "*",
        "tool:crm:read*",
        "tool:crm:write",
        "TOOL:CRM:READ",
        "",
        ["tool:crm:*"],
    ],
    ids=str,
)
def test_a_scope_that_looks_like_a_pattern_is_a_literal(scope):
    assert denied(with_token(IDP.mint(IDP.claims(scope=scope)))) is Reason.SCOPE_MISSING


@pytest.mark.parametrize("gap", ["\u00a0", "\u2028", "\x1c", "\t", "\n", "  "], ids=ascii)
def test_a_scope_smuggled_behind_another_kind_of_space(gap):
    """`str.split` would find a second scope behind each of these."""
    assert denied(with_token(IDP.mint(IDP.claims(scope=f"a{gap}tool:crm:read")))) is Reason.TOKEN_CLAIMS
