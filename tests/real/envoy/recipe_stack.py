"""The real programs around a recipe: the operator on its manifests, extauthz, and Envoy by the recipe's own words."""

import contextlib
import socket
import sys
import time
from http.client import HTTPConnection, HTTPSConnection

import yaml
from typer.testing import CliRunner

from accredit_cli.demo import stack
from accredit_cli.main import assemble
from fakes.http_api import Answer
from fakes.recipe import sent

_LOOPBACK = "127.0.0.1"


class RecipeStack:
    def __init__(self, recipe, supervisor, folder, envoy_binary):
        self.recipe = recipe
        self._supervisor = supervisor
        self._folder = folder
        self._binary = envoy_binary
        self._fronts = 0
        self.check_port, self._http, self._operator_http = free_ports(3)
        recipe.write_manifests(folder / "manifests")
        snapshot = folder / "snapshot.json"
        operator = self._start(
            "operator", f"--manifests={folder / 'manifests'}", f"--publish={snapshot}", http=self._operator_http
        )
        operator.wait_until(snapshot.exists, "the first snapshot")
        self.extauthz = self._start(
            "extauthz",
            f"--snapshot={snapshot}",
            f"--listen={_LOOPBACK}:{self.check_port}",
            f"--audit=file:{folder / 'audit.jsonl'}",
            http=self._http,
        )
        self.extauthz.wait_until(lambda: stack.status(f"http://{_LOOPBACK}:{self._http}/readyz") == 200, "readiness")

    def _start(self, program, *words, http):
        command = [sys.executable, "-m", f"accredit_{program}", *words]
        return self._supervisor.start(program, command, {"ACCREDIT_HTTP": f"{_LOOPBACK}:{http}"})

    def start_mcp_server(self):
        """Start the demo's MCP server; return its port."""
        (port,) = free_ports(1)
        stack.start_mcp_server(self._supervisor, port)
        return port

    def front(self, bootstrap, upstream):
        """Start an Envoy as `bootstrap` says, but for the addresses; return its port once it listens."""
        (port,) = free_ports(1)
        resources = bootstrap["static_resources"]
        (listener,) = resources["listeners"]
        listener["address"] = _address(port)
        for cluster in resources["clusters"]:
            cluster["type"] = "STATIC"
            (locality,) = cluster["load_assignment"]["endpoints"]
            (endpoint,) = locality["lb_endpoints"]
            reached = self.check_port if cluster["name"] == "accredit" else upstream
            endpoint["endpoint"]["address"] = _address(reached)
        for check in _filters(listener):  # the demo's own patience: this machine may compile something beside
            check["grpc_service"]["timeout"] = "2s"
        self._fronts += 1
        path = self._folder / f"envoy-{self._fronts}.yaml"
        path.write_text(yaml.safe_dump(bootstrap))
        command = [self._binary, "-c", str(path), "--concurrency", "1", "--disable-hot-restart", "-l", "warning"]
        envoy = self._supervisor.start(f"envoy-{self._fronts}", command)
        envoy.wait_until(lambda: stack.accepts(port), "listening")
        return port

    def settled(self, port, scenario, tls=None):
        """What comes of a case, once Envoy has found the authorizer to be healthy."""
        deadline = time.monotonic() + 20
        while (answer := ask(port, scenario, tls)).status == 503 and answer.reason is None:
            assert time.monotonic() < deadline, "Envoy does not find the authorizer"
            time.sleep(0.05)
        return answer


def free_ports(count):
    """Ports of loopback that nobody listens on, all different."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((_LOOPBACK, 0))
        return [each.getsockname()[1] for each in sockets]


def rendered(words):
    """What a command of a page prints, as values."""
    done = CliRunner().invoke(assemble(words), words)
    assert done.exit_code == 0, done.output
    return yaml.safe_load(done.stdout)


def ask(port, scenario, tls=None):
    """Send the request of a case as it is written."""
    asked = sent(scenario, int(time.time()))  # noqa: TID251 -- the programs under test read the real clock
    if tls is None:
        connection = HTTPConnection(_LOOPBACK, port, timeout=10)
    else:
        connection = HTTPSConnection(_LOOPBACK, port, timeout=10, context=tls)
    try:
        connection.request(asked.method, asked.path, asked.body, asked.headers | {"host": asked.host})
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def _address(port):
    return {"socket_address": {"address": _LOOPBACK, "port_value": port}}


def _filters(listener):
    for chain in listener["filter_chains"]:
        for network in chain["filters"]:
            for filter_ in network["typed_config"]["http_filters"]:
                if filter_["name"] == "envoy.filters.http.ext_authz":
                    yield filter_["typed_config"]
