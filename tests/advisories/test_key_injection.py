"""CVE-2018-0114 and its kin: a token that brings its own key, or says where to find one, or names a file by `kid`."""

import json

import pytest

from accredit_extauthz.model.reason import Reason
from fakes.attack import allowed, denied, with_token
from fakes.issuer import FakeIssuer
from fakes.scene import IDP

EVIL = FakeIssuer()  # the same `iss` and `kid`, another key


@pytest.mark.parametrize(
    "member",
    [
        {"jwk": EVIL.jwk()},
        {"jku": "https://evil.example/jwks"},
        {"jku": "https://idp.example@evil.example/jwks"},
        {"x5u": "https://evil.example/cert.pem"},
        {"x5c": ["MIIB"]},
        {"jwk": None},
        {"jku": ""},
    ],
    ids=["jwk", "jku", "jku behind a user name", "x5u", "x5c", "jwk null", "jku empty"],
)
@pytest.mark.parametrize("signer", [EVIL, IDP], ids=["their key", "our key"])
def test_a_key_in_the_header(signer, member):
    header = json.dumps({"alg": "ES256", "kid": "k1", "typ": "at+jwt"} | member).encode()
    token = signer.sign(header, json.dumps(signer.claims()).encode())
    assert denied(with_token(token)) is Reason.TOKEN_MALFORMED


@pytest.mark.parametrize(
    "kid",
    [
        "../../../../dev/null",
        "/proc/sys/kernel/randomize_va_space",
        "file:///etc/passwd",
        "k1' UNION SELECT 'secret",
        "k1|/usr/bin/id",
        "https://evil.example/jwks#k1",
        "k1\x00",
        "K1",
        " k1",
        "",
        "\u212a1",
        "k" * 4000,
    ],
    ids=lambda kid: repr(kid[:32]),
)
def test_a_kid_that_leads_elsewhere(kid):
    assert denied(with_token(EVIL.mint(header={"kid": kid}))) is Reason.TOKEN_KEY_UNKNOWN


@pytest.mark.parametrize("kid", [["k1"], {"kid": "k1"}, 1, True], ids=str)
def test_a_kid_that_is_no_text(kid):
    assert denied(with_token(IDP.mint(header={"kid": kid}))) is Reason.TOKEN_MALFORMED


def test_the_right_kid_of_the_wrong_key():
    assert denied(with_token(EVIL.mint())) is Reason.TOKEN_SIGNATURE
    allowed(with_token(IDP.mint()))
