"""Envoy itself takes what is rendered."""

import datetime as dt
import json
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from accredit_cli.envoy.bootstrap import render
from accredit_cli.envoy.plan import ClientTls, Plan, ServerTls, parse_address

SIMPLE = {
    "listen": parse_address("127.0.0.1:10000"),
    "upstream": parse_address("crm.example:8000"),
    "authorizer": parse_address("127.0.0.1:9001"),
}


@pytest.fixture(scope="module")
def pem(tmp_path_factory):
    """A self-signed certificate and its key, as paths."""
    folder = tmp_path_factory.mktemp("pem")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=36500))
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))
    return str(folder / "cert.pem"), str(folder / "key.pem")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="the least"),
        pytest.param({"authorizer": parse_address("unix:/run/accredit.sock")}, id="a Unix socket"),
        pytest.param({"policy": "crm/crm", "hosts": ("a.example", "*.b.example")}, id="a pinned policy, named hosts"),
        pytest.param({"admin": parse_address("127.0.0.1:0"), "health_check": False}, id="with admin, unhealthy or not"),
        pytest.param({"tls": True}, id="TLS on all three sides"),
    ],
)
def test_envoy_accepts_the_bootstrap(envoy_binary, pem, tmp_path, changes):
    if changes.pop("tls", None):
        certificate, key = pem
        changes = {
            "listener_tls": ServerTls(certificate, key, certificate),
            "upstream_tls": ClientTls(certificate, "crm.example", None, None),
            "authorizer_tls": ClientTls(certificate, "spiffe://cluster.local/ns/a/sa/b", certificate, key),
        }
    path = tmp_path / "envoy.json"
    path.write_text(json.dumps(render(Plan(**SIMPLE | changes))))
    done = subprocess.run(
        [envoy_binary, "--mode", "validate", "-c", str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "eprecated" not in done.stderr
