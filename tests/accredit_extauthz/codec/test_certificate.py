import base64
import hashlib
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from accredit_extauthz.codec.certificate import thumbprint


def certificate(name: str = "planner") -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2036, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )


def pem(found: x509.Certificate) -> str:
    return found.public_bytes(serialization.Encoding.PEM).decode()


def x5t(found: x509.Certificate) -> str:
    der = found.public_bytes(serialization.Encoding.DER)
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()


def test_a_url_encoded_pem_has_the_thumbprint_of_its_der():
    found = certificate()
    assert thumbprint(quote(pem(found), safe="")) == x5t(found)


def test_of_a_chain_the_first_certificate_counts():
    leaf, issuer = certificate("leaf"), certificate("issuer")
    assert thumbprint(quote(pem(leaf) + pem(issuer), safe="")) == x5t(leaf)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("not a certificate", id="no PEM"),
        pytest.param("-----BEGIN CERTIFICATE-----\nAAA\n-----END CERTIFICATE-----\n", id="broken base64"),
        pytest.param("-----BEGIN CERTIFICATE-----\nAAAA\n", id="no end"),
        pytest.param("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", id="something else in PEM"),
    ],
)
def test_what_cannot_be_read_has_no_thumbprint(text):
    assert thumbprint(quote(text, safe="")) == ""


@given(st.text())
def test_no_text_makes_it_raise(text):
    assert isinstance(thumbprint(text), str)
