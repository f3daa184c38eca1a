"""Everything a request passes through, on free ports of loopback: operator, extauthz, MCP server, Envoy."""

import contextlib
import os
import pathlib
import shutil
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import yaml

from accredit_cli.demo.processes import Process, StackFailed, Supervisor
from accredit_cli.demo.workspace import Workspace
from accredit_cli.envoy.bootstrap import render
from accredit_cli.envoy.plan import Address, Limits, Plan

HOST = "mcp.example"  # what clients call the server; it resolves nowhere and need not
_LOOPBACK = "127.0.0.1"
_PATIENCE_S = 2.0  # a laptop that compiles something beside may take long over one check
_SETTLED = 503  # Envoy answers this until the authorizer is ready


class _Ports(NamedTuple):
    """Those of one stack, drawn together so that none is drawn twice."""

    check: int
    http: int
    operator_http: int
    upstream: int
    envoy: int


@dataclass(frozen=True, slots=True)
class Stack:
    """The running programs, and where to call them."""

    workspace: Workspace
    port: int  # Envoy's
    operator: Process
    extauthz: Process
    envoy: Process

    @property
    def url(self) -> str:
        """The MCP endpoint behind Envoy."""
        return f"http://{_LOOPBACK}:{self.port}/mcp"


def find_envoy() -> str:
    """Return the Envoy binary: $ACCREDIT_ENVOY, else the one that `make setup` fetched, else `envoy` on the PATH.

    Raises StackFailed when there is none.
    """
    fetched = sorted(pathlib.Path(sys.prefix).parent.glob(".tools/envoy-*/envoy"))
    found = os.environ.get("ACCREDIT_ENVOY") or next(map(str, reversed(fetched)), None) or shutil.which("envoy")
    if found is None or not pathlib.Path(found).is_file():
        raise StackFailed("no Envoy found; run `make setup`, or set ACCREDIT_ENVOY to the binary")
    return str(pathlib.Path(found).resolve())


def bring_up(
    supervisor: Supervisor, workspace: Workspace, tell: Callable[[str], None], upstream: int | None = None
) -> Stack:
    """Start all programs and return once a request is judged. An `upstream` port replaces the MCP server."""
    binary = find_envoy()
    ports = _Ports(*_free_ports(len(_Ports._fields)))
    tell("operator: compiling the manifests")
    operator = _operator(supervisor, workspace, ports)
    tell("extauthz: loading the snapshot")
    extauthz = _extauthz(supervisor, workspace, ports)
    if upstream is None:
        tell("MCP server")
        start_mcp_server(supervisor, ports.upstream)
    tell("Envoy")
    plan = Plan(
        listen=Address(_LOOPBACK, ports.envoy),
        upstream=Address(_LOOPBACK, upstream or ports.upstream),
        authorizer=Address(_LOOPBACK, ports.check),
        access_log=str(workspace.access_log),
        limits=Limits(check_timeout_s=_PATIENCE_S),
    )
    return Stack(workspace, ports.envoy, operator, extauthz, start_envoy(supervisor, workspace, plan, binary))


def _operator(supervisor: Supervisor, workspace: Workspace, ports: _Ports) -> Process:
    operator = supervisor.start(
        "operator",
        [
            *_module("accredit_operator"),
            f"--manifests={workspace.manifests}",
            f"--publish={workspace.snapshot}",
        ],
        {"ACCREDIT_HTTP": f"{_LOOPBACK}:{ports.operator_http}"},
    )
    operator.wait_until(workspace.snapshot.exists, "the first snapshot")
    return operator


def _extauthz(supervisor: Supervisor, workspace: Workspace, ports: _Ports) -> Process:
    settings = {
        "ACCREDIT_LISTEN": f"{_LOOPBACK}:{ports.check}",
        "ACCREDIT_HTTP": f"{_LOOPBACK}:{ports.http}",
        "ACCREDIT_SNAPSHOT": str(workspace.snapshot),
        "ACCREDIT_AUDIT": f"file:{workspace.audit}",
    }
    extauthz = supervisor.start("extauthz", _module("accredit_extauthz"), settings)
    extauthz.wait_until(lambda: status(f"http://{_LOOPBACK}:{ports.http}/readyz") == 200, "readiness")  # noqa: PLR2004 -- OK
    return extauthz


def start_mcp_server(supervisor: Supervisor, port: int) -> None:
    """Start the MCP server of the story on a loopback port, and return once it listens. Raises StackFailed."""
    server = supervisor.start("upstream", [*_module("accredit_cli.demo.upstream"), f"--port={port}", f"--host={HOST}"])
    server.wait_until(lambda: accepts(port), "listening")


def start_envoy(supervisor: Supervisor, workspace: Workspace, plan: Plan, binary: str) -> Process:
    """Start Envoy on a plan, and return once its authorizer has judged a request. Raises StackFailed."""
    bootstrap = workspace.root / "envoy.yaml"
    bootstrap.write_text(yaml.safe_dump(render(plan), sort_keys=False), encoding="utf-8")
    command = [binary, "-c", str(bootstrap), "--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"]
    envoy = supervisor.start("envoy", command)
    url = f"http://{_LOOPBACK}:{plan.listen.port}/mcp"
    envoy.wait_until(lambda: status(url) not in {None, _SETTLED}, "a judged request")
    return envoy


def _module(name: str) -> list[str]:
    return [sys.executable, "-m", name]


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((_LOOPBACK, 0))
        return [each.getsockname()[1] for each in sockets]


def accepts(port: int) -> bool:
    """Whether something listens on a loopback port."""
    with socket.socket() as probe:
        return probe.connect_ex((_LOOPBACK, port)) == 0


def status(url: str) -> int | None:
    """Return the HTTP status of a GET, or None when nobody answers."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, headers={"Host": HOST}), timeout=2) as answer:  # noqa: S310 -- loopback
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code
    except OSError:
        return None
