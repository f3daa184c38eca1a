"""Tokens in tokens, encrypted ones, other serialisations, unencoded payloads: one compact JWS is all that is read."""

import json

import pytest

from accredit_extauthz.model.reason import Reason
from fakes.attack import denied, with_token
from fakes.issuer import b64url
from fakes.scene import IDP

CLAIMS = json.dumps(IDP.claims()).encode()
HEADER = {"alg": "ES256", "kid": "k1", "typ": "at+jwt"}
GOOD = IDP.mint()
FIRST, SECOND, THIRD = GOOD.split(".")


@pytest.mark.parametrize(
    "member",
    [
        {"cty": "JWT"},
        {"cty": ""},
        {"crit": ["b64"], "b64": False},
        {"b64": False},
        {"b64": True},
        {"crit": []},
        {"crit": ["exp"]},
        {"crit": ["http://example.com/UNDEFINED"], "http://example.com/UNDEFINED": True},
        {"zip": "DEF"},
        {"enc": "A256GCM"},
        {"enc": None},
    ],
    ids=str,
)
def test_a_header_that_would_change_the_reading(member):
    written = json.dumps(HEADER | member).encode()
    assert denied(with_token(IDP.sign(written, CLAIMS))) is Reason.TOKEN_MALFORMED


@pytest.mark.parametrize("payload", [GOOD.encode(), json.dumps(GOOD).encode(), json.dumps([IDP.claims()]).encode()])
def test_a_payload_that_is_no_object(payload):
    assert denied(with_token(IDP.sign(json.dumps(HEADER).encode(), payload))) is Reason.TOKEN_MALFORMED


OTHERS = {
    "JWE, compact": ".".join([b64url(b'{"alg":"dir","enc":"A256GCM"}'), "", "AAAA", "AAAA", "AAAA"]),
    "JWE, every part there": f"{GOOD}.AAAA.AAAA",
    "JWS in JSON, flattened": json.dumps({"protected": FIRST, "payload": SECOND, "signature": THIRD}),
    "JWS in JSON, general": json.dumps({"payload": SECOND, "signatures": [{"protected": FIRST, "signature": THIRD}]}),
    "an unencoded payload": f"{FIRST}.{CLAIMS.decode()}.{THIRD}",
    "a detached payload": f"{FIRST}..{THIRD}",
    "padding": f"{FIRST}==.{SECOND}.{THIRD}",
    "the alphabet of plain Base64": f"{FIRST}.{SECOND}.+/{THIRD[2:]}",
    "a space within": f"{FIRST}. {SECOND}.{THIRD}",
    "a line break at the end": f"{GOOD}\n",
    "spare bits in the last character": f"{FIRST}.{SECOND}.{THIRD[:-1]}{chr(ord(THIRD[-1]) + 1)}",
    "a fourth part": f"{GOOD}.",
    "digits of another script": f"{FIRST}.{SECOND}.\u0661{THIRD[1:]}",
}


@pytest.mark.parametrize("token", OTHERS.values(), ids=OTHERS.keys())
def test_anything_but_one_canonical_compact_jws(token):
    assert denied(with_token(token)) is Reason.TOKEN_MALFORMED


@pytest.mark.parametrize(
    ("typ", "reason"),
    [
        ("JWT", Reason.TOKEN_TYPE),
        ("logout+jwt", Reason.TOKEN_TYPE),
        ("dpop+jwt", Reason.TOKEN_TYPE),
        ("secevent+jwt", Reason.TOKEN_TYPE),
        ("application/application/at+jwt", Reason.TOKEN_TYPE),
        ("at+jwt ", Reason.TOKEN_TYPE),
        (None, Reason.TOKEN_TYPE),
        (["at+jwt"], Reason.TOKEN_MALFORMED),
    ],
    ids=str,
)
def test_a_token_of_another_kind(typ, reason):
    assert denied(with_token(IDP.mint(header={"typ": typ}))) is reason
