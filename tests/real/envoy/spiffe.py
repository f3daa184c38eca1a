"""Certificates as a mesh gives them to workloads: a SPIFFE ID in the URI SAN, signed by one authority."""

import ssl
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_FROM, _UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)


class TrustDomain:
    def __init__(self, folder):
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "cluster.local")])
        basic = x509.BasicConstraints(ca=True, path_length=0)
        signed = self._signed(self._name, self._key, (basic, True))
        self.bundle = folder / "bundle.pem"
        self.bundle.write_bytes(signed.public_bytes(serialization.Encoding.PEM))

    def svid(self, spiffe_id):
        """Write the certificate and the key of a workload; return their paths."""
        stem = spiffe_id.removeprefix("spiffe://").replace("/", "-")
        certificate, private = self._folder / f"{stem}.pem", self._folder / f"{stem}-key.pem"
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(spiffe_id)])
        signed = self._signed(x509.Name([]), key, (names, True))
        certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        private.write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))
        return certificate, private

    def client(self, spiffe_id=None):
        """How a workload connects; without an ID, how somebody outside the mesh does."""
        context = ssl.create_default_context(cafile=str(self.bundle))
        context.check_hostname = False
        if spiffe_id:
            context.load_cert_chain(*self.svid(spiffe_id))
        return context

    def _signed(self, subject, key, extension):
        value, is_critical = extension
        builder = x509.CertificateBuilder(self._name, subject, key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(_FROM).not_valid_after(_UNTIL)
        return builder.add_extension(value, critical=is_critical).sign(self._key, hashes.SHA256())
