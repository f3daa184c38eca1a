"""Builds the operator's objects once, follows the files, and stops when it is told to. No logic of its own."""

import importlib.metadata
import json
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from threading import Event
from types import FrameType

from accredit_operator.manifests import Follower
from accredit_operator.metrics import AdminServer, Metrics, Probes
from accredit_operator.publish import FilePublisher, format_instant
from accredit_operator.reconcile import Reconciler
from accredit_operator.settings import HttpAddress, SettingRefused, Settings, read_settings

_ALIVE_WITHIN_NS = 60 * 1_000_000_000


class SystemClock:
    """The operating system's clocks."""

    def now_ns(self) -> int:
        """Return Unix time in nanoseconds."""
        return time.time_ns()

    def ticks_ns(self) -> int:
        """Return a monotonic reading in nanoseconds."""
        return time.monotonic_ns()


class StderrLog:
    """One JSON object a line, on standard error."""

    def say(self, level: str, event: str, **fields: object) -> None:
        """Write one line."""
        line = {"time": format_instant(time.time_ns() // 1_000_000_000), "level": level, "event": event, **fields}
        sys.stderr.write(json.dumps(line, ensure_ascii=False) + "\n")
        sys.stderr.flush()


class Operator:
    """One operator process in manifest mode."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = Event()
        self._clock = SystemClock()
        self._log = StderrLog()
        self._metrics = Metrics(_version())
        self._seen_ns = self._clock.ticks_ns()
        self._admin = self._listen(settings.http)
        self._reconciler = Reconciler(
            paths=settings.manifests,
            premises=settings.premises,
            publisher=FilePublisher(settings.publish, writer="accredit-operator"),
            clock=self._clock,
            log=self._log,
            metrics=self._metrics,
        )

    def run(self) -> None:
        """Publish at once, then follow the files until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        if self._admin is not None:
            self._admin.start()
            self._log.say("info", "listening", http=f"{self._admin.host}:{self._admin.port}")
        self._follow()
        if self._admin is not None:
            self._admin.stop()
        self._log.say("info", "stopped")

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stop.set()

    def _listen(self, address: HttpAddress | None) -> AdminServer | None:
        if address is None:
            return None
        probes = Probes(self._is_alive, self._is_ready)
        try:
            return AdminServer(address.host, address.port, self._metrics, probes)
        except OSError as error:
            where = f"{address.host}:{address.port}"
            raise SettingRefused(
                f"ACCREDIT_HTTP is {where}: {error.strerror}; write another address, or off"
            ) from error

    def _is_alive(self) -> bool:
        return self._clock.ticks_ns() - self._seen_ns < _ALIVE_WITHIN_NS

    def _is_ready(self) -> bool:
        return self._reconciler.is_ready

    def _follow(self) -> None:
        follower = Follower(self._settings.manifests, self._stop)
        self._reconciler.reconcile()
        for has_changed in follower.follow():
            self._seen_ns = self._clock.ticks_ns()
            if has_changed:
                self._reconciler.reconcile()
            else:
                self._reconciler.refresh()


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run an operator until it is told to stop. Return the exit code: 0, or 2 for settings that are refused."""
    try:
        settings = read_settings(arguments, environment)
        operator = Operator(settings)
    except SettingRefused as error:
        sys.stderr.write(f"accredit-operator: {error}\n")
        return 2
    operator.run()
    return 0


def _version() -> str:
    try:
        return importlib.metadata.version("accredit")
    except importlib.metadata.PackageNotFoundError:
        return "0+unknown"
