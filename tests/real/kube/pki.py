"""Keys and certificates of a control plane on loopback, written as the files that its programs read."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

_LIFE = timedelta(days=30)


def write_all(folder: Path) -> None:
    """Write ca.crt, server.crt and server.key for 127.0.0.1, and sa.key and sa.pub for service account tokens."""
    authority = ec.generate_private_key(ec.SECP256R1())
    name = _name("test-control-plane")
    constraints = x509.BasicConstraints(ca=True, path_length=0)
    root = _builder(name, name, authority).add_extension(constraints, critical=True)
    (folder / "ca.crt").write_bytes(_pem(root.sign(authority, hashes.SHA256())))

    key = ec.generate_private_key(ec.SECP256R1())
    names = [
        x509.IPAddress(ipaddress.IPv4Address("127.0.0.1")),
        x509.DNSName("localhost"),
        x509.DNSName("kubernetes.default.svc"),
    ]
    server = _builder(_name("kube-apiserver"), name, key).add_extension(
        x509.SubjectAlternativeName(names), critical=False
    )
    (folder / "server.crt").write_bytes(_pem(server.sign(authority, hashes.SHA256())))
    (folder / "server.key").write_bytes(_private(key))

    signer = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (folder / "sa.key").write_bytes(_private(signer))
    public = signer.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (folder / "sa.pub").write_bytes(public)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _builder(subject, issuer, key) -> x509.CertificateBuilder:
    now = datetime.now(UTC)  # noqa: TID251 -- the API server reads the real clock
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _LIFE)
    )


def _pem(certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _private(key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
