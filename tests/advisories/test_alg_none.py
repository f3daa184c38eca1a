"""CVE-2015-9235 and its kin: a token that says it needs no signature."""

import json

import pytest

from accredit_extauthz.model.reason import Reason
from fakes.attack import denied, with_token
from fakes.issuer import b64url
from fakes.scene import IDP

CLAIMS = b64url(json.dumps(IDP.claims()).encode())
SIGNATURE = IDP.mint().rpartition(".")[2]


def header(algorithm: object) -> str:
    return b64url(json.dumps({"alg": algorithm, "kid": IDP.kid, "typ": "at+jwt"}).encode())


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "none ", "", "HS256"])
def test_no_algorithm_with_a_signature_of_any_kind(algorithm):
    assert denied(with_token(f"{header(algorithm)}.{CLAIMS}.{SIGNATURE}")) is Reason.TOKEN_ALGORITHM


@pytest.mark.parametrize("algorithm", [None, ["none", "ES256"], {"alg": "ES256"}, 0], ids=str)
def test_an_algorithm_that_is_no_text(algorithm):
    assert denied(with_token(f"{header(algorithm)}.{CLAIMS}.{SIGNATURE}")) is Reason.TOKEN_MALFORMED


@pytest.mark.parametrize("algorithm", ["none", "ES256"])
def test_an_empty_signature(algorithm):
    """CVE-2020-28042: what has no signature part must not count as verified."""
    assert denied(with_token(f"{header(algorithm)}.{CLAIMS}.")) is Reason.TOKEN_MALFORMED
    assert denied(with_token(f"{header(algorithm)}.{CLAIMS}")) is Reason.TOKEN_MALFORMED
