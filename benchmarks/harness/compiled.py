"""What has to be compiled: peers in Go, the open-loop generator in C. Kept for the next run, made when changed."""

import hashlib
import os
import pathlib
import shutil
import subprocess

from harness import ROOT

PEERS = ROOT / "benchmarks" / "peers"
KEPT = pathlib.Path.home() / ".cache" / "accredit" / "bench"

_NICE = ["nice", "-n", "19"]
_GO_FLAGS = ["-mod=readonly", "-trimpath", "-buildvcs=false", "-p", "1"]
_C_FLAGS = ["-std=gnu11", "-O2", "-Wall", "-Wextra"]


def open_loop() -> pathlib.Path | None:
    """Return the open-loop generator, or None where there is no C compiler."""
    compiler = shutil.which("cc")
    source = PEERS / "open_loop.c"
    if compiler is None:
        print("no cc is here: what needs the open-loop generator is left out")
        return None
    made = KEPT / f"open_loop-{_digest([source])}"
    return made if _is_made(made, [compiler, *_C_FLAGS, str(source)], PEERS) else None


def go_program(name: str) -> pathlib.Path | None:
    """Return a peer that is written in Go, or None where there is no Go."""
    go = shutil.which("go")
    folder = PEERS / name
    if go is None:
        print(f"no go is here: {name} is left out")
        return None
    made = KEPT / f"{name}-{_digest(sorted(folder.iterdir()))}"
    return made if _is_made(made, [*_NICE, go, "build", *_GO_FLAGS], folder) else None


def _digest(sources: list[pathlib.Path]) -> str:
    return hashlib.sha256(b"".join(each.read_bytes() for each in sources)).hexdigest()[:16]


def _is_made(made: pathlib.Path, command: list[str], folder: pathlib.Path) -> bool:
    if made.exists():
        return True
    print(f"compiling {made.name}", flush=True)
    KEPT.mkdir(parents=True, exist_ok=True)
    settings = os.environ | {"CGO_ENABLED": "0"}
    found = subprocess.run([*command, "-o", str(made)], cwd=folder, env=settings, check=False)
    if found.returncode:
        print(f"{made.name} cannot be compiled: what needs it is left out", flush=True)
    return found.returncode == 0
