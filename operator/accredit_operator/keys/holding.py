"""What is held of one issuer between two fetches, and what follows from each event. Pure: values to values."""

from dataclasses import dataclass, replace

from accredit_operator.keys import schedule
from accredit_operator.keys.fetched import Fetched
from accredit_operator.keys.schedule import NS_PER_S, Refreshes
from accredit_operator.keys.source import Source
from accredit_operator.keys.standing import Standing


@dataclass(frozen=True, slots=True)
class Holding:
    """One issuer's source, the state of its fetching, its last good set, and the last fetch's trouble."""

    source: Source
    refreshes: Refreshes
    good: Fetched | None = None
    trouble: str | None = None

    def standing(self, now_ns: int) -> Standing:
        """Return how the keys stand. Keys that have lapsed do not count."""
        if self.good is None:
            return Standing(trouble=self.trouble)
        has_lapsed = schedule.has_lapsed(self.refreshes, self.source.max_stale_s, now_ns)
        return Standing(
            keys=() if has_lapsed else self.good.keys,
            fetched_at=self.good.fetched_at,
            left_out=() if has_lapsed else self.good.left_out,
            trouble=self.trouble,
            has_lapsed=has_lapsed,
        )

    def age_s(self, now_ns: int) -> float | None:
        """Return how old the last good set is; None when there is none."""
        return None if self.refreshes.good_ns is None else (now_ns - self.refreshes.good_ns) / NS_PER_S

    def begun(self, now_ns: int) -> "Holding":
        """Return the holding after a fetch has started."""
        return replace(self, refreshes=schedule.started(self.refreshes, now_ns))

    def asked(self) -> "Holding":
        """Return the holding after a token named an unknown kid."""
        return replace(self, refreshes=schedule.asked(self.refreshes))

    def with_good(self, good: Fetched, now_ns: int, dice: float) -> "Holding":
        """Return the holding after a fetch brought a good set."""
        refreshes = schedule.succeeded(self.refreshes, now_ns, self.source.interval_s, dice)
        return replace(self, refreshes=refreshes, good=good, trouble=None)

    def with_trouble(self, sentence: str, now_ns: int, dice: float) -> "Holding":
        """Return the holding after a fetch brought nothing."""
        refreshes = schedule.failed(self.refreshes, now_ns, self.source.interval_s, dice)
        return replace(self, refreshes=refreshes, trouble=sentence)


def hold(source: Source, now_ns: int) -> Holding:
    """Return the holding of an issuer that is new: due at once."""
    return Holding(source, Refreshes(due_ns=now_ns))


def hold_remembered(source: Source, good: Fetched, now_s: int, now_ns: int) -> Holding:
    """Return the holding of an issuer whose keys an earlier process has fetched: they count until they are too old."""
    age_s = max(0, now_s - good.fetched_at)
    return Holding(source, Refreshes(due_ns=now_ns, good_ns=now_ns - age_s * NS_PER_S), good)


def follow(old: Holding, source: Source, now_ns: int) -> Holding:
    """Return the holding after the object was changed: due at once, and the old keys only if they are of this place."""
    if old.source.place != source.place:
        return Holding(source, Refreshes(due_ns=now_ns, started_ns=old.refreshes.started_ns))
    return replace(old, source=source, refreshes=replace(old.refreshes, due_ns=now_ns))
