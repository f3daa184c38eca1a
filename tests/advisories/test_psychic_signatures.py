"""CVE-2022-21449 and its kin: signature values that a careless verifier takes for valid."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from accredit_extauthz.decide.view import View
from accredit_extauthz.model.reason import Reason
from fakes.attack import allowed, answered, denied, with_token
from fakes.issuer import FakeIssuer, b64url
from fakes.scene import IDP, issuer_record, view

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ISSUERS = {name: FakeIssuer(algorithm=name) for name in ("ES256", "ES384", "ES512", "EdDSA", "RS256", "PS256")}
SIZES = {"ES256": 64, "ES384": 96, "ES512": 132, "EdDSA": 64, "RS256": 256, "PS256": 256}


def forged(issuer: FakeIssuer, signature: bytes) -> bytes:
    return with_token(f"{issuer.mint().rpartition('.')[0]}.{b64url(signature)}")


@pytest.mark.parametrize("algorithm", ISSUERS)
def test_zeros_and_ones_and_other_lengths(algorithm):
    issuer, size = ISSUERS[algorithm], SIZES[algorithm]
    seen: View = view(issuers=(issuer_record(issuer),))
    allowed(with_token(issuer.mint()), seen)
    values = [
        bytes(size),
        b"\xff" * size,
        bytes(size // 2 - 1) + b"\x01" + bytes(size // 2 - 1) + b"\x01",
        b"\x00",
        bytes(size + 1),
    ]
    assert {denied(forged(issuer, value), seen) for value in values} == {Reason.TOKEN_SIGNATURE}


@pytest.mark.parametrize(("r", "s"), [(0, 1), (1, 0), (P256_ORDER, P256_ORDER), (P256_ORDER, 1), (1, P256_ORDER)])
def test_numbers_at_the_edge_of_the_group(r, s):
    assert denied(forged(IDP, r.to_bytes(32, "big") + s.to_bytes(32, "big"))) is Reason.TOKEN_SIGNATURE


def _good_numbers() -> tuple[str, int, int]:
    signed, _, signature = IDP.mint().rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    return signed, int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")


def test_a_good_signature_in_der_is_none():
    signed, r, s = _good_numbers()
    assert denied(with_token(f"{signed}.{b64url(encode_dss_signature(r, s))}")) is Reason.TOKEN_SIGNATURE


def test_the_twin_of_a_good_signature_is_the_same_token_on_record():
    """ECDSA lets anybody write s as n - s: that must not make a second token."""
    signed, r, s = _good_numbers()
    twin = b64url(r.to_bytes(32, "big") + (P256_ORDER - s).to_bytes(32, "big"))
    original = b64url(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    records = [answered(with_token(f"{signed}.{signature}"), view())[1][0] for signature in (original, twin)]
    assert [record["decision"] for record in records] == ["allow", "allow"]
    assert len({record["token"]["thumbprint"] for record in records}) == 1
