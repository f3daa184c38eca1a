import os
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from accredit_extauthz.settings import OPTIONS, Address, Settings, SettingsInvalid, markdown_table, parse

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "settings.md"
BEGIN, END = "<!-- generated: settings of accredit-extauthz -->\n", "<!-- end -->\n"
NEEDED = {"ACCREDIT_SNAPSHOT": "/run/snapshot.json"}


def refused(arguments: list[str], environment: dict[str, str] | None = None) -> tuple[str, ...]:
    with pytest.raises(SettingsInvalid) as caught:
        parse(arguments, NEEDED | (environment or {}))
    return caught.value.problems


def test_the_snapshot_alone_is_enough():
    assert parse([], NEEDED) == Settings(
        listen=Address("127.0.0.1", 9001),
        http=Address("0.0.0.0", 8080),
        snapshot=Path("/run/snapshot.json"),
        namespace=None,
        pod_name=None,
        trust_domain="cluster.local",
        gateway_identities=frozenset(),
        tls_cert=None,
        tls_key=None,
        tls_client_ca=None,
        max_body=65536,
        audit=None,
        audited=True,
        log_level="info",
        transport="auto",
    )


@pytest.mark.parametrize(
    ("arguments", "environment", "member", "value"),
    [
        pytest.param([], {"ACCREDIT_LISTEN": "[::1]:9"}, "listen", Address("::1", 9), id="an IPv6 address"),
        pytest.param([], {"ACCREDIT_LISTEN": "localhost:0"}, "listen", Address("localhost", 0), id="a name, any port"),
        pytest.param([], {"ACCREDIT_LISTEN": "unix:/run/a.sock"}, "listen", Path("/run/a.sock"), id="a Unix socket"),
        pytest.param(["--http", "127.0.0.1:1"], {}, "http", Address("127.0.0.1", 1), id="a flag"),
        pytest.param(["--max-body=9"], {"ACCREDIT_MAX_BODY": "8"}, "max_body", 9, id="a flag wins"),
        pytest.param([], {"ACCREDIT_MAX_BODY": ""}, "max_body", 65536, id="an empty value is an absent one"),
        pytest.param([], {"ACCREDIT_AUDIT": "file:/a b"}, "audit", Path("/a b"), id="a file for records"),
        pytest.param(["--audit=none", "--allow-unaudited"], {}, "audited", False, id="no records, accepted"),
        pytest.param([], {"ACCREDIT_LOG_LEVEL": "WARNING"}, "log_level", "warning", id="a level in capitals"),
        pytest.param(
            [],
            {"ACCREDIT_GATEWAY_IDENTITIES": "spiffe://d/ns/a/sa/b, spiffe://d/c,"},
            "gateway_identities",
            frozenset({"spiffe://d/ns/a/sa/b", "spiffe://d/c"}),
            id="a list with spaces and a last comma",
        ),
        pytest.param(
            ["--listen=0.0.0.0:1", "--allow-plaintext"],
            {},
            "listen",
            Address("0.0.0.0", 1),
            id="plaintext for other machines, accepted",
        ),
        pytest.param(
            ["--listen=0.0.0.0:1", "--tls-cert=c", "--tls-key=k"], {}, "tls_key", Path("k"), id="TLS for other machines"
        ),
        pytest.param([], {"ACCREDIT_TRANSPORT": "grpcio"}, "transport", "grpcio", id="the public transport"),
        pytest.param(["--transport=completion-queue"], {}, "transport", "completion-queue", id="the other transport"),
    ],
)
def test_what_is_written_is_meant(arguments, environment, member, value):
    assert getattr(parse(arguments, NEEDED | environment), member) == value


@pytest.mark.parametrize(
    ("arguments", "environment", "named", "remedy"),
    [
        pytest.param(["--listen=9001"], {}, "ACCREDIT_LISTEN", "HOST:PORT", id="a port alone"),
        pytest.param(["--listen=:9001"], {}, "ACCREDIT_LISTEN", "HOST:PORT", id="no host"),
        pytest.param(["--listen=::1:9"], {}, "ACCREDIT_LISTEN", "[IPV6]:PORT", id="IPv6 without brackets"),
        pytest.param(["--listen=a:65536"], {}, "ACCREDIT_LISTEN", "HOST:PORT", id="a port beyond the last"),
        pytest.param(["--listen=a:\u0661"], {}, "ACCREDIT_LISTEN", "HOST:PORT", id="a digit of another script"),
        pytest.param(["--listen=unix:a.sock"], {}, "ACCREDIT_LISTEN", "unix:/path", id="a relative socket"),
        pytest.param(["--listen=0.0.0.0:1"], {}, "ACCREDIT_LISTEN", "--allow-plaintext", id="plaintext everywhere"),
        pytest.param(["--listen=[::]:1"], {}, "ACCREDIT_LISTEN", "--allow-plaintext", id="plaintext on all of IPv6"),
        pytest.param(["--listen=host.example:1"], {}, "ACCREDIT_LISTEN", "--allow-plaintext", id="plaintext by name"),
        pytest.param([], {"ACCREDIT_HTTP": "unix:/a"}, "ACCREDIT_HTTP", "HOST:PORT", id="pages on a socket"),
        pytest.param([], {"ACCREDIT_TRUST_DOMAIN": "spiffe://d"}, "ACCREDIT_TRUST_DOMAIN", "spiffe://", id="a scheme"),
        pytest.param(
            [],
            {"ACCREDIT_GATEWAY_IDENTITIES": "gateway"},
            "ACCREDIT_GATEWAY_IDENTITIES",
            "spiffe://",
            id="no SPIFFE ID",
        ),
        pytest.param(["--max-body=0"], {}, "ACCREDIT_MAX_BODY", "from 1 to", id="no body at all"),
        pytest.param(["--max-body=64k"], {}, "ACCREDIT_MAX_BODY", "whole bytes", id="a unit"),
        pytest.param(["--max-body=99999999999999"], {}, "ACCREDIT_MAX_BODY", "from 1 to", id="a huge body"),
        pytest.param(["--audit=none"], {}, "ACCREDIT_AUDIT", "--allow-unaudited", id="no records"),
        pytest.param(["--audit=/var/log/a"], {}, "ACCREDIT_AUDIT", "file:PATH", id="a path without its scheme"),
        pytest.param(["--audit=file:"], {}, "ACCREDIT_AUDIT", "file:PATH", id="a scheme without its path"),
        pytest.param(["--log-level=trace"], {}, "ACCREDIT_LOG_LEVEL", "debug, info", id="an unknown level"),
        pytest.param(["--transport=http"], {}, "ACCREDIT_TRANSPORT", "grpcio", id="an unknown transport"),
        pytest.param(["--namespace=a"], {}, "ACCREDIT_NAMESPACE", "ACCREDIT_SNAPSHOT", id="two sources"),
        pytest.param(
            ["--namespace=A/b"], {"ACCREDIT_SNAPSHOT": ""}, "ACCREDIT_NAMESPACE", "accredit-system", id="no namespace"
        ),
        pytest.param([], {"ACCREDIT_SNAPSHOT": ""}, "ACCREDIT_SNAPSHOT", "file", id="no source"),
        pytest.param(["--tls-cert=c"], {}, "ACCREDIT_TLS_KEY", "both", id="a certificate without its key"),
        pytest.param(["--tls-key=k"], {}, "ACCREDIT_TLS_CERT", "both", id="a key without its certificate"),
        pytest.param(["--tls-client-ca=a"], {}, "ACCREDIT_TLS_CLIENT_CA", "ACCREDIT_TLS_CERT", id="a CA without TLS"),
        pytest.param([], {"ACCREDIT_ALLOW_PLAINTEXT": "yes"}, "ACCREDIT_ALLOW_PLAINTEXT", "true", id="half a switch"),
    ],
)
def test_a_wrong_value_is_refused_with_its_name_and_a_remedy(arguments, environment, named, remedy):
    (problem,) = refused(arguments, environment)
    assert named in problem
    assert remedy in problem


def test_a_namespace_alone_is_enough():
    settings = parse([], {"ACCREDIT_NAMESPACE": "accredit-system", "ACCREDIT_POD_NAME": "extauthz-1"})
    assert (settings.snapshot, settings.namespace, settings.pod_name) == (None, "accredit-system", "extauthz-1")


def test_all_wrong_values_are_told_at_once():
    assert len(refused(["--listen=x", "--http=y", "--max-body=z", "--audit=none"])) == 4


@pytest.mark.parametrize("flag", ["--unknown=1", "--snap=/a"], ids=["an unknown flag", "half a flag"])
def test_a_flag_that_does_not_exist_ends_with_status_2(flag, capsys):
    with pytest.raises(SystemExit) as ended:
        parse([flag], NEEDED)
    assert ended.value.code == 2
    assert flag in capsys.readouterr().err


def test_help_names_every_setting(capsys):
    with pytest.raises(SystemExit) as ended:
        parse(["--help"], {})
    told = "".join(capsys.readouterr().out.split())
    assert ended.value.code == 0
    assert [option.variable for option in OPTIONS if f"[{option.variable}]" not in told] == []


def test_settings_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        parse([], NEEDED).max_body = 1  # type: ignore[misc]  # the point


def test_the_documentation_has_the_settings_as_they_are():
    text = DOCUMENTATION.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    found, after = rest.split(END, maxsplit=1)
    if os.environ.get("ACCREDIT_REWRITE_GOLDEN"):
        DOCUMENTATION.write_text(before + BEGIN + markdown_table() + END + after, encoding="utf-8")
        found = markdown_table()
    assert found == markdown_table()
