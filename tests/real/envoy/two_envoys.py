"""A second Envoy beside a stack's own: the same authorizer and upstream, a listener with nothing but defaults."""

import socket

import yaml

from accredit_cli.demo.processes import Supervisor
from accredit_cli.demo.stack import Stack, accepts

_NEEDED = ("@type", "stat_prefix", "route_config", "http_filters")


def plainest(stack: Stack, supervisor: Supervisor, binary: str) -> int:
    """Start it, and return its port. What ext_authz itself needs to be asked with stays as it is rendered."""
    bootstrap = yaml.safe_load((stack.workspace.root / "envoy.yaml").read_text())
    (listener,) = bootstrap["static_resources"]["listeners"]
    (filter_,) = listener["filter_chains"][0]["filters"]
    manager = filter_["typed_config"]
    filter_["typed_config"] = {name: manager[name] for name in _NEEDED}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    listener["address"]["socket_address"]["port_value"] = port
    path = stack.workspace.root / "plainest.yaml"
    path.write_text(yaml.safe_dump(bootstrap))
    command = [binary, "-c", str(path), "--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"]
    envoy = supervisor.start("plainest-envoy", command)
    envoy.wait_until(lambda: accepts(port), "listening")
    return port
