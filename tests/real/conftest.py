"""Real processes, once a session: the three programs and Envoy, before a plain HTTP server or the MCP server."""

import pathlib
import time

import pytest

from accredit_cli.demo.processes import StackFailed, Supervisor
from accredit_cli.demo.stack import bring_up, find_envoy
from accredit_cli.demo.workspace import prepare
from fakes.http_api import Api, Echo

MANIFESTS = pathlib.Path(__file__).parent / "envoy" / "manifests"


def pytest_collection_modifyitems(items):
    for item in items:
        if pathlib.Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.real)


@pytest.fixture(scope="session")
def envoy_binary():
    try:
        return find_envoy()
    except StackFailed as missing:
        pytest.fail(str(missing))


@pytest.fixture(scope="session")
def echo():
    with Echo() as server:
        yield server


@pytest.fixture(scope="session")
def supervisor(tmp_path_factory):
    with Supervisor(tmp_path_factory.mktemp("logs")) as running:
        yield running


@pytest.fixture(scope="session")
def api(tmp_path_factory, envoy_binary, supervisor, echo):
    """A plain HTTP service behind Envoy, with an HTTP policy."""
    workspace = prepare(tmp_path_factory.mktemp("api"))
    for manifest in MANIFESTS.glob("*.yaml"):
        (workspace.manifests / manifest.name).write_text(manifest.read_text())
    stack = bring_up(supervisor, workspace, lambda line: None, upstream=echo.port)
    return Api(stack, echo, time.time)  # noqa: TID251 -- the programs under test read the real clock
