import json
from pathlib import Path

import pytest

from accredit_extauthz.source.kubernetes import AccessMissing, find_access

KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "c",
    "clusters": [{"name": "c", "cluster": {"server": "https://api.example:6443/"}}],
    "users": [{"name": "u", "user": {"token": "t-1"}}],
    "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
}


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Path:
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(KUBECONFIG))
    return path


@pytest.mark.parametrize(
    ("environment", "server"),
    [
        pytest.param({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "https://10.0.0.1:443", id="an address"),
        pytest.param(
            {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "6443"},
            "https://[fd00::1]:6443",
            id="an IPv6 address",
        ),
    ],
)
def test_a_pod_uses_its_service_account_and_reads_a_replaced_token(tmp_path, environment, server):
    access = find_access(environment, tmp_path)
    assert (access.server, access.ca_file) == (server, str(tmp_path / "ca.crt"))
    for token in ("t-1", "t-2"):
        (tmp_path / "token").write_text(f"{token}\n")
        assert access.token() == token


def test_a_kubeconfig_is_used_before_the_pod_s_account(tmp_path, kubeconfig):
    access = find_access({"KUBECONFIG": str(kubeconfig), "KUBERNETES_SERVICE_HOST": "10.0.0.1"}, tmp_path)
    assert (access.server, access.token()) == ("https://api.example:6443", "t-1")
    assert access.verified


@pytest.mark.parametrize(
    ("written", "named"),
    [
        pytest.param(None, "KUBECONFIG", id="a file that is not there"),
        pytest.param("{}", "KUBECONFIG", id="a file without contexts"),
    ],
)
def test_a_kubeconfig_that_cannot_be_used_is_named(tmp_path, written, named):
    path = tmp_path / "kubeconfig"
    if written is not None:
        path.write_text(written)
    with pytest.raises(AccessMissing, match=named):
        find_access({"KUBECONFIG": str(path)}, tmp_path)


def test_outside_a_cluster_the_remedy_is_told(tmp_path):
    with pytest.raises(AccessMissing, match="KUBECONFIG"):
        find_access({}, tmp_path)
