"""Processes that a caller starts, waits for and always takes down again, each in a process group of its own."""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

from accredit_cli.demo import leash

_GRACE_S = 5.0
_POLL_S = 0.05
_TAIL_LINES = 25


class StackFailed(Exception):
    """A process did not do what it had to; the message names it and shows the end of its log."""


class Process:
    """One running program and its log file."""

    def __init__(self, name: str, command: Sequence[str], log: pathlib.Path, environment: Mapping[str, str]) -> None:
        self.name = name
        self.log = log
        self._command = tuple(command)
        self._environment = dict(environment)
        self._popen = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        leashed = [sys.executable, leash.__file__, str(os.getpid()), *self._command]
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 -- the commands are this program's own
                leashed,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self._environment},
                start_new_session=True,
            )

    @property
    def exit_status(self) -> int | None:
        """The exit status, or None while it runs."""
        return self._popen.poll()

    def wait_until(self, ready: Callable[[], bool], what: str, within_s: float = 20.0) -> None:
        """Return once `ready` holds. Raises StackFailed when the process ends or the time does."""
        deadline = time.monotonic() + within_s
        while not ready():
            if self.exit_status is not None:
                raise StackFailed(f"{self.name} ended with status {self.exit_status}\n{self.tail()}")
            if time.monotonic() > deadline:
                raise StackFailed(f"{self.name}: {what} did not happen within {within_s:g} s\n{self.tail()}")
            time.sleep(_POLL_S)

    def tail(self) -> str:
        """Return the last lines of the log, under its path."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join([f"--- {self.log}", *text.splitlines()[-_TAIL_LINES:]])

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._signal(signal.SIGKILL)
        self._popen.wait()

    def restart(self) -> None:
        """Start it again, on the same log."""
        self._popen = self._start()

    def terminate(self) -> None:
        """Ask it to end."""
        self._signal(signal.SIGTERM)

    def finish(self, deadline: float) -> None:
        """Wait for the end until `deadline` (monotonic seconds), then force it, with all that it started."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(max(0.0, deadline - time.monotonic()))
        self._signal(signal.SIGKILL)
        self._popen.wait()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._popen.pid, number)


class Supervisor:
    """Starts processes and, on leaving, ends them all in reverse order. Logs go to files of one folder."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self._processes: list[Process] = []

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> Process:
        """Start a program. The first word of `command` is a path, not a name to be searched for."""
        process = Process(name, command, self._folder / f"{name}.log", environment or {})
        self._processes.append(process)
        return process

    def broken(self) -> Process | None:
        """Return a process that has ended, if one has."""
        return next((process for process in self._processes if process.exit_status is not None), None)

    def stop(self) -> None:
        """End every process: asked first, forced after five seconds. An impatient second Ctrl-C waits for that."""
        impatience = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
        before = signal.pthread_sigmask(signal.SIG_BLOCK, impatience)
        try:
            self._stop()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _stop(self) -> None:
        for process in reversed(self._processes):
            process.terminate()
        deadline = time.monotonic() + _GRACE_S
        for process in reversed(self._processes):
            process.finish(deadline)
        self._processes.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
