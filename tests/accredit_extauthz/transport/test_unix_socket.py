import os
import socket
import stat

import pytest

from accredit_extauthz.transport.port import ListenFailed
from accredit_extauthz.transport.unix_socket import owner_only, remove, socket_path


def test_only_the_owner_may_open_the_socket(served, check, tmp_path):
    path = tmp_path / "check.sock"
    _, address = served(listen=f"unix:{path}")
    assert check(address) == b"answer to x"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_socket_is_gone_after_the_server(served, tmp_path):
    path = tmp_path / "check.sock"
    server, _ = served(listen=f"unix:{path}")
    server.stop(0, 0)
    assert not path.exists()


def test_a_socket_that_is_listened_on_is_not_taken_over(served, check, tmp_path):
    path = tmp_path / "check.sock"
    _, address = served(listen=f"unix:{path}")
    with pytest.raises(ListenFailed, match="another process"):
        served(listen=f"unix:{path}")
    assert check(address) == b"answer to x"


def test_a_socket_that_a_dead_process_left_is_replaced(served, check, tmp_path):
    path = tmp_path / "check.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    _, address = served(listen=f"unix:{path}")
    assert check(address) == b"answer to x"


def test_a_file_at_the_path_is_left_alone(served, tmp_path):
    path = tmp_path / "check.sock"
    path.write_text("precious")
    with pytest.raises(ListenFailed, match="no socket"):
        served(listen=f"unix:{path}")
    remove(path)
    assert path.read_text() == "precious"


def test_the_umask_is_given_back(tmp_path):
    before = os.umask(0o022)
    try:
        with owner_only(tmp_path / "a"):
            pass
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)


def test_other_addresses_have_no_path():
    assert socket_path("127.0.0.1:9001") is None
