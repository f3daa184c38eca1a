"""CVE-2016-10555 and its kin: the public key taken for a shared secret, or for a key of another algorithm."""

import hashlib
import hmac
import json

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

from accredit_extauthz.decide.view import View
from accredit_extauthz.model.reason import Reason
from fakes.attack import denied, with_token
from fakes.issuer import FakeIssuer, b64url
from fakes.scene import issuer_record, view

RSA = FakeIssuer(algorithm="RS256")
SEEN: View = view(issuers=(issuer_record(RSA),))
PUBLIC = RSAAlgorithm.from_jwk(json.dumps(RSA.jwk())).public_bytes
SECRETS = {
    "PEM": PUBLIC(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    "PEM without its last line break": PUBLIC(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).strip(),
    "PKCS 1": PUBLIC(Encoding.PEM, PublicFormat.PKCS1),
    "DER": PUBLIC(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    "the JWK": json.dumps(RSA.jwk()).encode(),
    "nothing": b"",
}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS.keys())
def test_an_hmac_with_the_public_key(secret):
    header = b64url(json.dumps({"alg": "HS256", "kid": RSA.kid, "typ": "at+jwt"}).encode())
    signed = f"{header}.{b64url(json.dumps(RSA.claims()).encode())}"
    token = f"{signed}.{b64url(hmac.digest(secret, signed.encode(), hashlib.sha256))}"
    assert denied(with_token(token), SEEN) is Reason.TOKEN_ALGORITHM


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256", "ES256", "rs256"])
def test_the_right_key_under_another_algorithm(algorithm):
    assert denied(with_token(RSA.mint(header={"alg": algorithm})), SEEN) is Reason.TOKEN_ALGORITHM
