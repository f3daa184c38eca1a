"""A configuration that weakens the defence does not start, and says why and what to write."""

import pytest

from accredit_extauthz.app import MISUSED, main

SOUND = {"ACCREDIT_SNAPSHOT": "/run/snapshot.json", "ACCREDIT_HTTP": "127.0.0.1:0", "ACCREDIT_LISTEN": "127.0.0.1:0"}


@pytest.mark.parametrize(
    ("changes", "named", "remedy"),
    [
        pytest.param({"AUDIT": "none"}, "ACCREDIT_AUDIT", "--allow-unaudited", id="no audit"),
        pytest.param({"LISTEN": "0.0.0.0:9001"}, "ACCREDIT_LISTEN", "--allow-plaintext", id="plaintext for all"),
        pytest.param({"LISTEN": "[::]:9001"}, "ACCREDIT_LISTEN", "--allow-plaintext", id="plaintext for all of IPv6"),
        pytest.param({"LISTEN": "10.0.0.1:9001"}, "ACCREDIT_LISTEN", "--allow-plaintext", id="plaintext for a network"),
        pytest.param({"LISTEN": "[::ffff:10.0.0.1]:1"}, "ACCREDIT_LISTEN", "--allow-plaintext", id="a mapped address"),
        pytest.param({"LISTEN": "127.0.0.1.evil.example:1"}, "ACCREDIT_LISTEN", "--allow-plaintext", id="a look-alike"),
        pytest.param({"LISTEN": "localhost.evil.example:1"}, "ACCREDIT_LISTEN", "--allow-plaintext", id="a subdomain"),
        pytest.param({"LISTEN": "0:9001"}, "ACCREDIT_LISTEN", "--allow-plaintext", id="an address spelt short"),
        pytest.param({"TLS_CERT": "/c"}, "ACCREDIT_TLS_KEY", "both", id="half of TLS"),
        pytest.param({"TLS_CLIENT_CA": "/ca"}, "ACCREDIT_TLS_CLIENT_CA", "ACCREDIT_TLS_CERT", id="clients without TLS"),
        pytest.param({"ALLOW_UNAUDITED": "yes"}, "ACCREDIT_ALLOW_UNAUDITED", "true", id="a switch that is no switch"),
    ],
)
def test_it_does_not_start(changes, named, remedy, capsys):
    environment = SOUND | {f"ACCREDIT_{name}": value for name, value in changes.items()}
    assert main([], environment) == MISUSED
    told = capsys.readouterr().err
    assert named in told
    assert remedy in told
