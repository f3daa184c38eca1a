import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from accredit_cli.main import assemble
from fakes.objects import agent, issuer, policy
from fakes.published_cluster import PublishedCluster

_READ = {
    "name": "read",
    "effect": "Allow",
    "mcp": {"methods": ["tools/call"], "tools": ["contacts.search"]},
    "scopes": ["tool:crm:read"],
}
_MANIFESTS = Path(__file__).parents[2] / "scenarios" / "manifests"


@pytest.fixture
def run():
    """Runs `accredit` with these words; the result has exit_code, stdout and stderr."""

    def invoke(*words, stdin=None):
        written = [str(word) for word in words]
        return CliRunner().invoke(assemble(written), written, input=stdin)

    return invoke


@pytest.fixture
def manifests(tmp_path):
    """A folder of good manifests that a test may change."""
    folder = tmp_path / "manifests"
    shutil.copytree(_MANIFESTS, folder)
    return folder


@pytest.fixture
def cluster(monkeypatch):
    """The cluster that every verb reaches, with the scene of one issuer, agent and policy published and served."""
    made = PublishedCluster()
    made.declare(issuer(), agent(actsFor={"anyUser": True}), policy(rules=[_READ]))
    made.publish(1)
    made.serve("accredit-extauthz-a", 1)
    made.serve("accredit-extauthz-b", 1)
    monkeypatch.setattr("accredit_operator.cluster.connect", lambda *words, **more: made)
    return made
