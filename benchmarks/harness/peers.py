"""The authorizers that Accredit is measured beside, each on the server's core, for the same user and request."""

import os
import pathlib
from collections.abc import Callable
from typing import NamedTuple

from harness import scene
from harness.compiled import PEERS, go_program
from harness.pinned import Pinned, accepts, free_port

OPA = "OPA_ENVOY_PLUGIN"


class Peer(NamedTuple):
    """A running authorizer."""

    name: str
    program: Pinned
    port: int


class _Command(NamedTuple):
    """How to start one on a port."""

    name: str
    words: Callable[[int], list[str]]


def start(folder: pathlib.Path) -> list[Peer]:
    """Start all that can be had here, and say what is left out."""
    key = folder / "issuer.pem"
    key.write_bytes(scene.public_key_pem())
    return [_started(folder, each) for each in (*_go_servers(key), *_opa(folder))]


def _go_servers(key: pathlib.Path) -> list[_Command]:
    floor, authorino = go_program("gofloor"), go_program("authorino")
    found = []
    if floor is not None:
        found.append(_Command("grpc-go, empty", lambda port: [str(floor), "empty", f"127.0.0.1:{port}"]))
        found.append(_Command("grpc-go, verifies", lambda port: [str(floor), "verify", f"127.0.0.1:{port}", str(key)]))
    if authorino is not None:
        found.append(_Command("Authorino", lambda port: [str(authorino), f"127.0.0.1:{port}", str(key)]))
    return found


def _opa(folder: pathlib.Path) -> list[_Command]:
    binary = os.environ.get(OPA)
    if not binary:
        print(f"OPA is left out: {OPA} does not name its Envoy plugin's binary")
        return []
    policy = folder / "policy.rego"
    policy.write_text((PEERS / "policy.rego").read_text().replace("KEYS", scene.key_set()))

    def words(port: int) -> list[str]:
        plugin = "plugins.envoy_ext_authz_grpc"
        options = [f"--set={plugin}.addr=127.0.0.1:{port}", f"--set={plugin}.path=accredit/allow"]
        listen = ["--addr=127.0.0.1:0", "--diagnostic-addr=127.0.0.1:0"]
        return [binary, "run", "--server", *listen, "--log-level=error", *options, str(policy)]

    return [_Command("OPA", words)]


def _started(folder: pathlib.Path, command: _Command) -> Peer:
    port = free_port()
    log = folder / f"{command.name.replace(', ', '-')}.log"
    return Peer(command.name, Pinned(command.words(port), log).until(lambda: accepts(port), "listening"), port)
