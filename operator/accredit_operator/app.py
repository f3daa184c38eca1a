"""Builds the operator's objects once, follows the files, and stops when it is told to. No logic of its own."""

import signal
import sys
from collections.abc import Mapping, Sequence
from threading import Event
from types import FrameType

from accredit_operator.manifests import Follower
from accredit_operator.metrics import Metrics, Probes
from accredit_operator.publish import FilePublisher
from accredit_operator.reconcile import Reconciler
from accredit_operator.settings import ClusterSettings, ManifestSettings, SettingRefused, read_settings
from accredit_operator.system import StderrLog, SystemClock, listen, version

_ALIVE_WITHIN_NS = 60 * 1_000_000_000


class Operator:
    """One operator process in manifest mode."""

    def __init__(self, settings: ManifestSettings) -> None:
        self._settings = settings
        self._stop = Event()
        self._clock = SystemClock()
        self._log = StderrLog()
        self._metrics = Metrics(version())
        self._seen_ns = self._clock.ticks_ns()
        self._admin = listen(settings.http, self._metrics, Probes(self._is_alive, self._is_ready))
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
    """Run an operator until it is told to stop. Return the exit code: 0, 2 for settings that are refused, else 1."""
    try:
        settings = read_settings(arguments, environment)
        if isinstance(settings, ClusterSettings):
            # Manifest mode needs neither kopf nor an API client, which take a second to load.
            from accredit_operator import cluster_app  # noqa: PLC0415

            return cluster_app.run(settings, environment)
        operator = Operator(settings)
    except SettingRefused as error:
        sys.stderr.write(f"accredit-operator: {error}\n")
        return 2
    operator.run()
    return 0
