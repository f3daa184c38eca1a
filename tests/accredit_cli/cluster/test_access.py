import subprocess
import sys

import pytest
import typer
import yaml

from accredit_cli.cluster.access import own_namespace, reach
from accredit_operator.ports import NotFound

CONTEXTS = ("here", "there")


@pytest.fixture
def kubeconfig(tmp_path, monkeypatch):
    """A file of two clusters, of which `here` is the current one."""
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    path = tmp_path / "kubeconfig"
    written = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "clusters": [{"name": name, "cluster": {"server": f"https://{name}.example:6443"}} for name in CONTEXTS],
        "users": [{"name": "me", "user": {"token": "t"}}],
        "contexts": [
            {"name": "here", "context": {"cluster": "here", "user": "me"}},
            {"name": "there", "context": {"cluster": "there", "user": "me", "namespace": "research"}},
        ],
    }
    path.write_text(yaml.safe_dump(written))
    return str(path)


def host(*words):
    with reach(*words) as cluster:
        return cluster._api.configuration.host


def test_the_current_context_is_meant_unless_another_is_named(kubeconfig, monkeypatch):
    assert host(kubeconfig, None) == "https://here.example:6443"
    assert host(kubeconfig, "there") == "https://there.example:6443"
    monkeypatch.setenv("KUBECONFIG", kubeconfig)
    assert host(None, None) == "https://here.example:6443"
    assert host(None, "there") == "https://there.example:6443"


@pytest.mark.parametrize("pod", [None, "10.0.0.1"], ids=["on a laptop", "in a pod"])
def test_a_named_file_and_context_are_meant_everywhere(kubeconfig, monkeypatch, pod):
    if pod:
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", pod)
    assert host(kubeconfig, "there") == "https://there.example:6443"


def test_what_cannot_be_reached_is_said_with_status_two(kubeconfig, capsys):
    for words in ((kubeconfig, "nowhere"), ("/nowhere/kubeconfig", None)):
        with pytest.raises(typer.Exit) as ended, reach(*words):
            pass
        assert ended.value.exit_code == 2
        assert "no cluster to speak to" in capsys.readouterr().err


def test_what_the_cluster_answers_ends_the_verb_with_its_sentence(kubeconfig, capsys):
    with pytest.raises(typer.Exit) as ended, reach(kubeconfig, None):
        raise NotFound("there is no such agent")
    assert ended.value.exit_code == 2
    assert "there is no such agent" in capsys.readouterr().err


def test_the_namespace_is_the_contexts(kubeconfig, monkeypatch):
    assert own_namespace(kubeconfig, None) == "default"
    assert own_namespace(kubeconfig, "there") == "research"
    assert own_namespace(kubeconfig, "nowhere") == "default"
    assert own_namespace("/nowhere/kubeconfig", None) == "default"
    monkeypatch.setenv("KUBECONFIG", kubeconfig)
    assert own_namespace(None, "there") == "research"


def test_verbs_load_the_client_only_when_they_reach_for_a_cluster():
    loaded = "import accredit_cli.verbs.explain, accredit_cli.verbs.revoke, accredit_cli.verbs.status, sys"
    asked = f"{loaded}; sys.exit('kubernetes' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
