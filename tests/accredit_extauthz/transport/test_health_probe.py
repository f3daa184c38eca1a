import pytest

from accredit_extauthz.transport import health_probe
from accredit_extauthz.transport.tls import TlsFiles, server_credentials
from fakes.certificates import FakeAuthority


@pytest.mark.parametrize(
    ("is_ready", "status", "said"),
    [pytest.param(True, 0, "SERVING\n", id="ready"), pytest.param(False, 1, "NOT_SERVING\n", id="not yet")],
)
def test_it_says_what_the_listener_says(served, capsys, is_ready, status, said):
    _, address = served(ready=lambda: is_ready)
    assert health_probe.main([address]) == status
    assert capsys.readouterr().out == said


def test_it_trusts_the_authorities_that_it_is_given(served, tmp_path, capsys):
    authority, stranger = FakeAuthority(), FakeAuthority("stranger")
    files = TlsFiles(*authority.write_pair(tmp_path), None)
    _, address = served(listen="localhost:0", credentials=server_credentials(files))
    for each, status in ((authority, 0), (stranger, 1)):
        (tmp_path / "ca.crt").write_bytes(each.pem)
        assert health_probe.main([address, "--ca", str(tmp_path / "ca.crt"), "--within", "1"]) == status


def test_silence_and_a_missing_file_are_failures(tmp_path, capsys):
    assert health_probe.main(["127.0.0.1:1", "--within", "0.2"]) == 1
    assert health_probe.main(["127.0.0.1:1", "--ca", str(tmp_path / "none")]) == 1
    assert str(tmp_path / "none") in capsys.readouterr().err
