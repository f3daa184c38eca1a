"""What is known of each object for its status: verdict, the sequence that carries it, the replicas, and its time."""

from collections.abc import Callable, Iterable

from accredit_operator.compile.compile import Compiled
from accredit_operator.compile.verdict import Verdict
from accredit_operator.expiry import KEPT_AFTER_S, Timers
from accredit_operator.following import Following
from accredit_operator.kinds.revocation import RevocationSpec
from accredit_operator.kinds.times import unix_seconds
from accredit_operator.programming import Programming, Version
from accredit_operator.replicas import Roll
from accredit_operator.status import KeyReport, Occasion, is_programmed
from accredit_operator.world import Declared, ObjectKey

_AGAIN_S = 60

Report = Callable[[Verdict, Declared[object]], KeyReport | None]
"""Returns what an issuer's status says of its keys; None for other kinds."""


class Ledger:
    """Follows compilations, publications and the roll of replicas."""

    def __init__(self, following: Following, report: Report) -> None:
        self._following = following
        self._report = report
        self._verdicts: dict[ObjectKey, Verdict] = {}
        self._unpublished: dict[ObjectKey, Version] = {}
        self._programming = Programming()
        self._timers = Timers()
        self.roll = Roll()

    @property
    def is_waiting(self) -> bool:
        """Whether an object is not served by every replica yet."""
        return self._programming.is_waiting

    def on_compiled(self, compiled: Compiled, touched: Iterable[ObjectKey], now: int) -> set[ObjectKey]:
        """Take new verdicts in; return the objects that are gone. `touched` were written since the last time."""
        fresh = {verdict.key: verdict for verdict in compiled.verdicts}
        changed = {key for key, verdict in fresh.items() if self._verdicts.get(key) is not verdict}
        gone = self._verdicts.keys() - fresh.keys()
        self._verdicts = fresh
        self._programming.forget(gone)
        for key in gone:
            self._timers.keep(key, None)
            self._unpublished.pop(key, None)
        for key in changed.union(fresh.keys() & set(touched)):
            self._note(key, fresh[key], now)
        return gone

    def on_published(self, sequence: int) -> tuple[ObjectKey, ...]:
        """Note that the head of `sequence` carries what was compiled last; return whose status may change by it."""
        published, self._unpublished = self._unpublished, {}
        self._programming.on_published(published.items(), sequence)
        for key, version in published.items():
            seen = self._following.seen(key)
            if seen is not None and seen.uid == version.uid and is_programmed(seen.status, version.generation):
                self._programming.on_remembered(key)
        return tuple(published)

    def on_roll(self, roll: Roll) -> tuple[ObjectKey, ...]:
        """Take the roll of replicas in; return what has become programmed by it."""
        self.roll = roll
        return self._programming.on_served(roll.served) if roll.served is not None else ()

    def due(self, now: int) -> tuple[ObjectKey, ...]:
        """Return the objects for which something is due by the clock."""
        return self._timers.due(now)

    def look_again(self, key: ObjectKey, now: int) -> None:
        """Let what was due for an object be due again in a minute."""
        self._timers.keep(key, now + _AGAIN_S)

    def occasion(self, key: ObjectKey, now: int) -> Occasion | None:
        """Return what is known of an object; None for one that was not compiled."""
        verdict, seen = self._verdicts.get(key), self._following.seen(key)
        if verdict is None or seen is None or not isinstance(seen.content, Declared):
            return None
        report = self._report(verdict, seen.content)
        return Occasion(verdict, self._programming.carried(key), self.roll, now, report)

    def _note(self, key: ObjectKey, verdict: Verdict, now: int) -> None:
        seen = self._following.seen(key)
        if seen is None:
            return
        self._unpublished[key] = Version(seen.uid, verdict.generation)
        self._timers.keep(key, _time_of(verdict, seen.content, now))


def _time_of(verdict: Verdict, content: object, now: int) -> int | None:
    """Return when something changes by the clock: an agent expires, or a Revocation has been over for long."""
    if verdict.expires_at is not None:
        return verdict.expires_at if verdict.expires_at > now else None
    spec = content.spec if isinstance(content, Declared) else None
    if verdict.accepted and isinstance(spec, RevocationSpec) and spec.expires_at is not None:
        return unix_seconds(spec.expires_at) + KEPT_AFTER_S
    return None
