"""From files to the published snapshot, again whenever they change.

What cannot be read, compiled or written changes nothing: the last good snapshot stays, and the log says why, once.
"""

import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from accredit_operator.compile.compile import Compiled, compile_world
from accredit_operator.compile.premises import Premises
from accredit_operator.conditions import Status
from accredit_operator.manifests import ManifestsUnreadable, read_tree
from accredit_operator.metrics import Metrics
from accredit_operator.ports import Clock, Log
from accredit_operator.publish import FilePublisher, ObjectStatus, Published

_NS_PER_S = 1_000_000_000


@dataclass(slots=True)
class _Good:
    """The last snapshot that was compiled and published."""

    compiled: Compiled
    published: Published
    expires_at: int | None  # when the next agent expires, and its conditions change


@dataclass(slots=True)
class Reconciler:
    """Reads, compiles, publishes, and says what came of it."""

    paths: tuple[Path, ...]
    premises: Premises
    publisher: FilePublisher
    clock: Clock
    log: Log
    metrics: Metrics
    is_retry_due: bool = False  # something failed that may work when it is tried again
    _good: _Good | None = None
    _said: object = None  # the trouble and the notices that the log has already
    _noticed: tuple[str, ...] = ()

    @property
    def is_ready(self) -> bool:
        """Whether a snapshot of these files has been published."""
        return self._good is not None

    def reconcile(self) -> None:
        """Publish what the files say now; on any failure leave what stands published."""
        began_ns = self.clock.ticks_ns()
        result = self._attempt()
        self.metrics.reconciled(result, self.clock.ticks_ns() - began_ns)

    def refresh(self) -> None:
        """Write the conditions again if an agent has expired since, and retry what failed."""
        now = self._now()
        if self.is_retry_due:
            self.reconcile()
        elif self._good is not None and self._good.expires_at is not None and self._good.expires_at <= now:
            self._good.expires_at = _next_expiry(self._good.compiled, now)
            self._write_status(self._good.compiled, self._good.published)

    def _attempt(self) -> str:
        self.is_retry_due = False
        try:
            manifests = read_tree(self.paths)
            self._notice(manifests.notices)
            compiled = compile_world(manifests.world, self.premises)
            published = self.publisher.publish(compiled, self.clock.now_ns())
            self._good = _Good(compiled, published, _next_expiry(compiled, self._now()))
            self._write_status(compiled, published)
        except ManifestsUnreadable as unreadable:
            self._trouble("the manifests cannot be read", [str(fault) for fault in unreadable.faults])
            return "unreadable"
        except OSError as error:
            self.is_retry_due = True
            self._trouble("the snapshot cannot be written", [f"{self.publisher.path}: {error.strerror}"])
            return "failed"
        except Exception:  # noqa: BLE001 - whatever it is, the last good snapshot stays and the loop goes on
            self._trouble("the snapshot cannot be compiled", [traceback.format_exc()])
            return "failed"
        if published.is_new or self._said is not None:
            self.log.say(
                "info",
                "snapshot published" if published.is_new else "snapshot unchanged",
                sequence=published.sequence,
                digest=published.digest,
                objects=len(compiled.verdicts),
            )
        self._said = None
        return "success"

    def _trouble(self, event: str, causes: list[str]) -> None:
        """Say what is wrong, once for the same trouble."""
        if self._said != (event, causes):
            self._said = (event, causes)
            kept = self._good.published.sequence if self._good else None
            for cause in causes:
                self.log.say("error", f"{event}; the last good snapshot stays", cause=cause, sequence=kept)

    def _notice(self, notices: tuple[str, ...]) -> None:
        for notice in notices:
            if notice not in self._noticed:
                self.log.say("info", notice)
        self._noticed = notices

    def _write_status(self, compiled: Compiled, published: Published) -> None:
        written = self.publisher.write_status(compiled.verdicts, published, self._now())
        self.metrics.show_objects(written.all)
        self._say_changes(written.changed)

    def _say_changes(self, changed: Iterable[ObjectStatus]) -> None:
        for one in changed:
            accepted = next(condition for condition in one.conditions if condition.type == "Accepted")
            self.log.say(
                "info" if accepted.status is Status.TRUE else "warning",
                "object accepted" if accepted.status is Status.TRUE else "object not accepted",
                object=one.title,
                file=one.file,
                reason=accepted.reason,
                message=accepted.message,
                problems=list(one.problems),
            )

    def _now(self) -> int:
        return self.clock.now_ns() // _NS_PER_S


def _next_expiry(compiled: Compiled, now: int) -> int | None:
    ahead = (one.expires_at for one in compiled.verdicts if one.expires_at is not None and one.expires_at > now)
    return min(ahead, default=None)
