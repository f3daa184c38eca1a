"""A certificate authority of our own, for TLS on loopback."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_FROM, _UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)


class FakeAuthority:
    """Signs certificates for `localhost`."""

    def __init__(self, name: str = "authority") -> None:
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        self._key = ec.generate_private_key(ec.SECP256R1())
        basic = x509.BasicConstraints(ca=True, path_length=0)
        self._certificate = _builder(self._name, self._name, self._key).add_extension(basic, critical=True)
        self.pem = _pem(self._certificate.sign(self._key, hashes.SHA256()))

    def pair(self, name: str = "localhost", until: datetime = _UNTIL) -> tuple[bytes, bytes]:
        """A certificate for `localhost`, named `name`, and its key; both PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
        signed = (
            _builder(subject, self._name, key, until)
            .add_extension(names, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return _pem(signed), key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def write_pair(self, folder: Path, name: str = "localhost", until: datetime = _UNTIL) -> tuple[Path, Path]:
        """Write a new pair as tls.crt and tls.key into `folder`."""
        certificate, key = self.pair(name, until)
        paths = folder / "tls.crt", folder / "tls.key"
        paths[0].write_bytes(certificate)
        paths[1].write_bytes(key)
        return paths


def _builder(subject: x509.Name, issuer: x509.Name, key: Any, until: datetime = _UNTIL) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(until)
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
