"""A program on a core of its own, and what it has used: by the kernel's account of it, not by a clock here."""

import contextlib
import os
import pathlib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self

from accredit_cli.demo import leash

CORES = sorted(os.sched_getaffinity(0))
SERVER, CLIENT = CORES[0], CORES[-1]

_GRACE_S, _WITHIN_S, _POLL_S = 10.0, 60.0, 0.002
_LINES = 15


@contextlib.contextmanager
def on_core(core: int) -> Iterator[None]:
    """Run on one core, and what is started inside as well."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Pinned:
    """A running program. The first word of `command` is a path; `log` gets what the program writes."""

    def __init__(
        self,
        command: Sequence[str],
        log: pathlib.Path,
        environment: Mapping[str, str] | None = None,
        core: int = SERVER,
    ) -> None:
        self.name, self.log = pathlib.Path(command[0]).name, log
        leashed = [sys.executable, leash.__file__, str(os.getpid()), *command]
        with on_core(core), log.open("wb") as file:
            self._process = subprocess.Popen(
                leashed, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=os.environ | dict(environment or {})
            )

    def until(self, ready: Callable[[], object], what: str) -> Self:
        """Return once `ready` holds; the run ends when the program or the time does."""
        deadline = time.monotonic() + _WITHIN_S
        while not ready():
            has_ended = self._process.poll() is not None
            if has_ended or time.monotonic() > deadline:
                self.close()
                tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-_LINES:])
                how = "it ended" if has_ended else f"not within {_WITHIN_S:g} s"
                raise SystemExit(f"{self.name}: no {what}, {how}\n{tail}")
            time.sleep(_POLL_S)
        return self

    def cpu_s(self) -> float:
        """Return the CPU time of all its threads, to the nanosecond (clock_getcpuclockid(3))."""
        return time.clock_gettime((~self._process.pid << 3) | 2)

    def memory_mib(self, field: str = "VmRSS") -> float:
        """Return its resident memory, or another field of /proc/PID/status."""
        status = pathlib.Path(f"/proc/{self._process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith(f"{field}:"))
        return int(line.split()[1]) / 1024

    def close(self) -> None:
        """Ask it to end, then force it."""
        self._process.terminate()
        try:
            self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def free_port() -> int:
    """Return a port of loopback that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def accepts(port: int) -> bool:
    """Whether something listens on a port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
