"""Load at a fixed rate, whatever the answers do: latency from the instant at which each request had to leave."""

import json
import pathlib
import subprocess
from collections.abc import Mapping
from typing import NamedTuple

from harness.pinned import CLIENT, on_core


class Pace(NamedTuple):
    """Requests a second, for how long, after how long a warm-up, over how many connections."""

    rate: int = 1000
    seconds: int = 10
    warm_s: int = 2
    connections: int = 8


class Paced:
    """The compiled generator with the request that it repeats."""

    def __init__(self, binary: pathlib.Path, folder: pathlib.Path, name: str, fields: Mapping[str, str]) -> None:
        self._binary = binary
        self._fields = folder / f"{name}.fields"
        self._fields.write_text("".join(f"{key}: {value}\n" for key, value in fields.items()))
        self._body: list[str] = []

    def with_body(self, body: bytes) -> "Paced":
        """Send a body with each request; it fits into one frame."""
        path = self._fields.with_suffix(".body")
        path.write_bytes(body)
        self._body = [str(path)]
        return self

    def begin(self, port: int, pace: Pace) -> subprocess.Popen[bytes]:
        """Start the load."""
        numbers = [port, pace.rate, pace.seconds, pace.warm_s, pace.connections]
        command = [str(self._binary), *map(str, numbers), str(self._fields), *self._body]
        with on_core(CLIENT):
            return subprocess.Popen(command, stdout=subprocess.PIPE)


def finished(load: subprocess.Popen[bytes]) -> dict[str, float]:
    """Return what the generator found, in microseconds, once it ends. Every request must have been allowed."""
    output, _ = load.communicate()
    if load.returncode:
        raise SystemExit("the open-loop generator failed")
    found: dict[str, float] = json.loads(output)
    if found["allowed"] != found["requests"]:
        raise SystemExit(f"{found['requests'] - found['allowed']:g} of {found['requests']:g} requests were not allowed")
    return found
