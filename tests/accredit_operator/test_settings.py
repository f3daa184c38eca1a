from pathlib import Path

import pytest

from accredit_operator.compile.premises import MANIFESTS, HostClaims, Premises
from accredit_operator.settings import ClusterSettings, HttpAddress, SettingRefused, read_settings

NEEDED = ["--manifests", "dir", "--publish", "file"]


def test_defaults_are_those_of_manifest_mode():
    settings = read_settings(NEEDED, {})
    assert (settings.manifests, settings.publish) == ((Path("dir"),), Path("file"))
    assert settings.http == HttpAddress("0.0.0.0", 8081)
    assert settings.premises == MANIFESTS


def test_without_files_a_cluster_is_served():
    settings = read_settings([], {})
    assert isinstance(settings, ClusterSettings)
    assert (settings.namespace, settings.watched, settings.resync_s) == ("accredit-system", (), 30)
    assert settings.premises == Premises(host_claims=HostClaims.GRANTED, staleness_known=True)


def test_the_operators_own_namespace_is_always_watched():
    settings = read_settings(["--watch-namespaces", "tools, research,tools", "--resync", "1m30s"], {})
    assert (settings.watched, settings.resync_s) == (("tools", "research", "accredit-system"), 90)


def test_the_environment_sets_and_a_flag_wins():
    environment = {
        "ACCREDIT_TRUST_DOMAIN": "td.example",
        "ACCREDIT_CLUSTER_DOMAIN": "k8s.example",
        "ACCREDIT_NAMESPACE": "ops",
        "ACCREDIT_HOST_CLAIMS": "Granted",
        "ACCREDIT_HTTP": "127.0.0.1:1",
    }
    settings = read_settings([*NEEDED, "--namespace", "flagged", "--http", "[::1]:0"], environment)
    premises = settings.premises
    assert (premises.trust_domain, premises.cluster_domain) == ("td.example", "k8s.example")
    assert (premises.operator_namespace, premises.host_claims) == ("flagged", HostClaims.GRANTED)
    assert settings.http == HttpAddress("::1", 0)


def test_several_folders_may_be_named():
    assert read_settings([*NEEDED, "--manifests", "more"], {}).manifests == (Path("dir"), Path("more"))


def test_http_can_be_off():
    assert read_settings([*NEEDED, "--http", "off"], {}).http is None


@pytest.mark.parametrize(
    ("arguments", "environment", "named"),
    [
        pytest.param(["--manifests", "dir"], {}, "--publish", id="nowhere to publish"),
        pytest.param(["--publish", "file"], {}, "--manifests", id="nothing to compile"),
        pytest.param([], {"ACCREDIT_RESYNC": "30"}, "ACCREDIT_RESYNC", id="a time without a unit"),
        pytest.param([], {"ACCREDIT_RESYNC": "0s"}, "ACCREDIT_RESYNC", id="lists without a pause"),
        pytest.param([], {"ACCREDIT_RESYNC": ""}, "ACCREDIT_RESYNC", id="an empty time"),
        pytest.param([], {"ACCREDIT_WATCH_NAMESPACES": "a,B"}, "ACCREDIT_WATCH_NAMESPACES", id="no namespace"),
        pytest.param([*NEEDED, "--http", "8081"], {}, "ACCREDIT_HTTP", id="a port alone"),
        pytest.param([*NEEDED, "--http", "x:99999"], {}, "ACCREDIT_HTTP", id="a port too high"),
        pytest.param([*NEEDED, "--http", ":80"], {}, "ACCREDIT_HTTP", id="no host"),
        pytest.param(NEEDED, {"ACCREDIT_HTTP": ""}, "ACCREDIT_HTTP", id="an empty address"),
        pytest.param(NEEDED, {"ACCREDIT_TRUST_DOMAIN": "spiffe://x"}, "ACCREDIT_TRUST_DOMAIN", id="a URL for a domain"),
        pytest.param(NEEDED, {"ACCREDIT_CLUSTER_DOMAIN": "A"}, "ACCREDIT_CLUSTER_DOMAIN", id="capitals"),
        pytest.param(NEEDED, {"ACCREDIT_NAMESPACE": "a.b"}, "ACCREDIT_NAMESPACE", id="a dot in a namespace"),
        pytest.param(NEEDED, {"ACCREDIT_HOST_CLAIMS": "any"}, "ACCREDIT_HOST_CLAIMS", id="the wrong case"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(arguments, environment, named):
    with pytest.raises(SettingRefused, match=named):
        read_settings(arguments, environment)


@pytest.mark.parametrize("flag", ["--unknown", "--manifest"])
def test_an_unknown_or_shortened_flag_is_a_usage_error(flag, capsys):
    with pytest.raises(SystemExit) as stopped:
        read_settings([*NEEDED, flag, "x"], {})
    assert stopped.value.code == 2
    assert flag in capsys.readouterr().err
