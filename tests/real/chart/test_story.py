"""The demo's story in a cluster: the chart's accounts, roles and settings, and every edit an apply."""

import asyncio
import time

import pytest
import yaml

from accredit_cli.demo import stack as demo
from accredit_cli.demo.player import Player
from accredit_cli.demo.processes import Supervisor
from accredit_cli.demo.steps import Spoil
from accredit_cli.demo.story import STORY
from accredit_cli.demo.workspace import prepare
from accredit_cli.envoy.plan import Address, Limits, Plan
from accredit_extauthz.model.reason import Reason
from real.chart.programs import free_port
from real.kube.admin import PLURALS, Answer

pytestmark = pytest.mark.parametrize("installed", ["defaults"], indirect=True)
# An API server refuses a file that is no YAML, and a star in the middle of a ceiling: neither edit gets that far.
STEPS = [step for step in STORY if not isinstance(step.edit, Spoil) and step.reason is not Reason.AGENT_INVALID]


@pytest.fixture
def workspace(installed, tmp_path, admin):
    """The demo's folder, its manifests applied, its namespaces claimed for its host; removed at the end."""
    admin.until(lambda: all(admin.serves(plural) for plural in PLURALS))
    prepared = prepare(tmp_path / "story")
    hosts = {"accredit.dev/hosts": "mcp.example"}
    admin.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "crm", "annotations": hosts}})
    files = sorted(prepared.manifests.rglob("*.yaml"))
    for path in files:
        admin.apply_file(path)
    yield prepared
    for path in files:
        admin.delete(yaml.safe_load(path.read_text()))


@pytest.fixture
def stack(workspace, running):
    """Everything a request passes through: both programs as the chart has them, Envoy and the MCP server."""
    _, data_plane = running
    with Supervisor(workspace.root) as supervisor:
        port, upstream = free_port(), free_port()
        demo.start_mcp_server(supervisor, upstream)
        plan = Plan(
            listen=Address("127.0.0.1", port),
            upstream=Address("127.0.0.1", upstream),
            authorizer=Address("127.0.0.1", data_plane.grpc),
            access_log=str(workspace.access_log),
            limits=Limits(check_timeout_s=2.0),
        )
        envoy = demo.start_envoy(supervisor, workspace, plan, demo.find_envoy())
        yield demo.Stack(workspace, port, data_plane.process, data_plane.process, envoy)


def test_every_step_comes_out_as_in_the_demo(stack, admin):
    assert len(STORY) - len(STEPS) == 2
    player = Player(stack, time.time, admin.apply_file)  # noqa: TID251 -- the programs under test read the real clock

    async def play():
        return [await player.play(step) for step in STEPS]

    played = asyncio.run(play())
    assert not [f"{each.step.shows}: {problem}" for each in played for problem in each.problems]


def test_what_the_story_leaves_out_is_refused_by_the_api_server(admin, workspace):
    planner = yaml.safe_load((workspace.manifests / "agents" / "planner.yaml").read_text())
    with pytest.raises(Answer) as refused:
        admin.apply(planner | {"spec": planner["spec"] | {"scopes": ["tool:*:read"]}})
    assert refused.value.status == 422
