"""The way between Envoy and the authorizer is for Envoy alone."""

import os
import pathlib
import stat
import subprocess
import sys
import tempfile

import grpc
import pytest

from accredit_cli.envoy.plan import Address, ClientTls
from fakes.certificates import FakeAuthority
from real.envoy.load import is_allowed

CHECK = "/envoy.service.auth.v3.Authorization/Check"
CONNECTING = """
import os, socket, sys
os.setgroups([])
os.setgid(int(sys.argv[2]))
os.setuid(int(sys.argv[2]))
socket.socket(socket.AF_UNIX).connect(sys.argv[1])
"""
ROOT, NOBODY = "0", "65534"


def asked(authorizer, credentials):
    """The status with which a client of our own is answered."""
    options = [("grpc.ssl_target_name_override", "localhost"), ("grpc.use_local_subchannel_pool", 1)]
    target = str(authorizer.address)
    if credentials is None:
        channel = grpc.insecure_channel(target, options=options[1:])
    else:
        channel = grpc.secure_channel(target, credentials, options=options)
    with channel:
        try:
            channel.unary_unary(CHECK)(b"", timeout=5)
        except grpc.RpcError as refused:
            return refused.code()
    return grpc.StatusCode.OK


def written(folder, pair):
    paths = folder / "client.crt", folder / "client.key"
    for path, pem in zip(paths, pair, strict=True):
        path.write_bytes(pem)
    return map(str, paths)


def test_with_mutual_tls_only_a_certificate_of_the_authority_is_answered(site, tmp_path):
    authority, stranger = FakeAuthority(), FakeAuthority("stranger")
    (bundle := tmp_path / "ca.crt").write_bytes(authority.pem)
    certificate, key = authority.write_pair(tmp_path)
    pair = authority.pair("envoy")
    site.publish()
    authorizer = site.authorize(f"--tls-cert={certificate}", f"--tls-key={key}", f"--tls-client-ca={bundle}")
    site.front(authorizer_tls=ClientTls(str(bundle), "localhost", *written(tmp_path, pair)))

    def shown(*pair):
        return grpc.ssl_channel_credentials(authority.pem, *reversed(pair))

    with site.load() as load:
        load.see(20, is_allowed)
        assert asked(authorizer, shown(*pair)) is grpc.StatusCode.OK
        for credentials in (None, shown(), shown(*stranger.pair("envoy"))):
            assert asked(authorizer, credentials) is grpc.StatusCode.UNAVAILABLE
        load.see(20, is_allowed)
    assert site.broken_promises(load) == []
    assert {each.status for each in load.answers} == {200, 401, 403}


@pytest.fixture
def folder():
    # Short: a Unix socket's path has room for 107 bytes. Open to all, so that it is the socket which refuses.
    with tempfile.TemporaryDirectory(prefix="acc-", dir="/tmp") as name:
        pathlib.Path(name).chmod(0o755)
        yield pathlib.Path(name)


def test_a_unix_socket_carries_checks_and_is_its_owners_alone(site, folder):
    site.publish()
    authorizer = site.authorize(address=Address(str(folder / "check.sock"), None))
    site.front()
    with site.load() as load:
        load.see(20, is_allowed)
        authorizer.process.kill()
        load.see(5, lambda each: each.status == 503)
        authorizer.process.restart()
        load.see(20, is_allowed)
    assert site.broken_promises(load) == []
    assert stat.S_IMODE((folder / "check.sock").stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_cannot_connect_to_the_socket(site, folder):
    site.publish()
    site.authorize(address=Address(str(folder / "check.sock"), None))
    command = [sys.executable, "-c", CONNECTING, str(folder / "check.sock")]
    assert subprocess.run([*command, ROOT], check=False).returncode == 0
    stranger = subprocess.run([*command, NOBODY], capture_output=True, check=False)
    assert b"PermissionError" in stranger.stderr
