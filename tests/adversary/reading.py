"""How servers of other making read a JSON-RPC message: each parser that is at hand, asked about many bodies at once."""

import base64
import json
import pathlib
import shutil
import subprocess
from collections.abc import Callable, Sequence
from typing import Any

import orjson
import pydantic_core

_PROGRAMS = pathlib.Path(__file__).parent / "readers"

Read = dict[str, str | None] | None  # `method`, `name`, `uri` as the server sees them; None where it refuses the body
Reader = Callable[[Sequence[bytes]], list[Read]]


def _meaning(message: Any) -> Read:
    if not isinstance(message, dict):
        return None
    params = message.get("params")
    found = params if isinstance(params, dict) else {}
    values = {"method": message.get("method"), "name": found.get("name"), "uri": found.get("uri")}
    return {name: value if isinstance(value, str) else None for name, value in values.items()}


def _by(parse: Callable[[bytes], Any]) -> Reader:
    def read(body: bytes) -> Read:
        try:
            return _meaning(parse(body))
        except (ValueError, RecursionError):
            return None

    return lambda bodies: [read(body) for body in bodies]


def _by_program(command: Sequence[str]) -> Reader:
    def read(bodies: Sequence[bytes]) -> list[Read]:
        lines = b"".join(base64.b64encode(body) + b"\n" for body in bodies)
        done = subprocess.run(command, input=lines, capture_output=True, check=True, timeout=120)
        return [json.loads(line) for line in done.stdout.splitlines()]

    return read


def at_hand() -> dict[str, Reader]:
    """The readers that start at once: Python's three, and Node where it is installed."""
    readers = {
        "json": _by(json.loads),
        "orjson": _by(orjson.loads),
        "pydantic": _by(pydantic_core.from_json),
    }
    node = shutil.which("node")
    if node is not None:
        readers["node"] = _by_program([node, str(_PROGRAMS / "reader.js")])
    return readers


def compiled(folder: pathlib.Path) -> dict[str, Reader]:
    """Go's, compiled into `folder`; none where there is no Go."""
    go = shutil.which("go")
    if go is None:
        return {}
    program = folder / "reader"
    subprocess.run([go, "build", "-o", program, _PROGRAMS / "reader.go"], check=True, timeout=300, cwd=folder)
    return {"go": _by_program([str(program)])}
