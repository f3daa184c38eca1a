import logging

import grpc
import pytest

from accredit_extauthz.transport.tls import TlsFiles, TlsInvalid, server_credentials
from fakes.certificates import FakeAuthority


@pytest.fixture
def authority():
    return FakeAuthority()


@pytest.fixture
def files(authority, tmp_path):
    return TlsFiles(*authority.write_pair(tmp_path), None)


@pytest.fixture
def secured(served):
    """Serves with TLS; returns a call that asks Check as `localhost` over a new connection."""

    def serve(files):
        _, address = served(listen="localhost:0", credentials=server_credentials(files))

        def ask(authority, pair=(None, None)):
            certificate, key = pair
            credentials = grpc.ssl_channel_credentials(authority.pem, key, certificate)
            # A channel argument of its own keeps grpc from sharing the connection of an earlier channel.
            options = [("grpc.use_local_subchannel_pool", 1)]
            with grpc.secure_channel(address, credentials, options=options) as channel:
                return channel.unary_unary("/envoy.service.auth.v3.Authorization/Check")(b"x", timeout=5)

        return ask

    return serve


def test_a_client_that_trusts_the_authority_is_answered(secured, files, authority):
    assert secured(files)(authority) == b"answer to x"


def test_a_client_that_trusts_another_authority_turns_away(secured, files):
    with pytest.raises(grpc.RpcError):
        secured(files)(FakeAuthority())


def test_a_client_needs_a_certificate_of_the_client_authority(secured, authority, tmp_path):
    clients = FakeAuthority("clients")
    trusted = tmp_path / "clients.crt"
    trusted.write_bytes(clients.pem)
    ask = secured(TlsFiles(*authority.write_pair(tmp_path), trusted))
    assert ask(authority, clients.pair("envoy")) == b"answer to x"
    with pytest.raises(grpc.RpcError):
        ask(authority)
    with pytest.raises(grpc.RpcError):
        ask(authority, authority.pair("envoy"))


def test_a_new_certificate_is_served_to_new_connections(secured, files, tmp_path):
    ask = secured(files)
    successor = FakeAuthority("successor")
    successor.write_pair(tmp_path)
    assert ask(successor) == b"answer to x"


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda files, authority: files.certificate.write_text("garbage"), id="garbage"),
        pytest.param(lambda files, authority: files.key.write_bytes(authority.pair()[1]), id="another pair's key"),
        pytest.param(lambda files, authority: files.certificate.unlink(), id="a file that is gone"),
    ],
)
def test_what_cannot_be_used_keeps_the_certificate_and_is_logged_once(secured, files, authority, spoil, caplog):
    ask = secured(files)
    spoil(files, authority)
    assert [ask(authority), ask(authority)] == [b"answer to x"] * 2
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_files_that_are_good_again_are_taken(secured, files, authority, tmp_path):
    ask = secured(files)
    files.certificate.write_text("garbage")
    ask(authority)
    successor = FakeAuthority("successor")
    successor.write_pair(tmp_path)
    assert ask(successor) == b"answer to x"


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda files: files.certificate.write_text("garbage"), id="garbage"),
        pytest.param(lambda files: files.key.unlink(), id="no key"),
    ],
)
def test_a_server_does_not_start_on_files_that_cannot_be_used(files, spoil):
    spoil(files)
    with pytest.raises(TlsInvalid, match="tls"):
        server_credentials(files)
