"""Follows a publication: one list, one watch from there, and a new view for each newer head. Runs in its own thread.

The last good view is kept through everything. An outage is told once, and retried with growing waits; a watch that ends
is resumed from its last version, and a list is made anew when versions are gone, when the watch was away for long, or
when it stayed silent while the publication went on.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from accredit_extauthz.contract.publication import BEAT, HEAD, PART
from accredit_extauthz.contract.snapshot import Snapshot
from accredit_extauthz.decide.view import View
from accredit_extauthz.serve.holder import Holder
from accredit_extauthz.serve.ports import Clock
from accredit_extauthz.source.backoff import Backoff
from accredit_extauthz.source.config_maps import Bookmark, Changed, Ended, Unreadable, read_event, read_list
from accredit_extauthz.source.parts import Confirm, Ignore, Keep, Outcome, Parts, Reject, Serve
from accredit_extauthz.source.ports import Api, ApiFailure, ApiSilent, Stream

_LOG = logging.getLogger(__name__)

# A beat comes every 2 s, so a watch that says nothing for 3 s is looked at. Each time nothing was missed (the operator
# is away), it may be silent for twice as long.
SILENCE_S, LONGEST_SILENCE_S = 3.0, 24.0
RELIST_S, LONGEST_RELIST_S = 2.0, 60.0  # from a head that names what is not held to a new list
AWAY_S = 10.0  # a watch that was away for longer is not resumed: a list is cheaper than all that happened meanwhile
WATCH_S = 80  # the API server ends a watch after this long
STOP_S = 3.0  # a thread inside a request to a server that does not answer is left behind

_NS_PER_S = 1_000_000_000
# What a defect in reading or building would raise. The follower outlives it: a thread that died would freeze the view.
_DEFECTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Following:
    """What a follower works with."""

    api: Api
    namespace: str
    holder: Holder
    build: Callable[[Snapshot], View]
    clock: Clock
    backoff: Backoff
    swapped: Callable[[], None]  # called after each swap; must return at once


class Follower:
    """Keeps the holder at the newest consistent publication in a namespace."""

    def __init__(self, following: Following) -> None:
        self._with = following
        self._parts = Parts()
        self._path = f"/api/v1/namespaces/{following.namespace}/configmaps"
        self._version: str | None = None  # to watch from; None asks for a list
        self._heard_at_ns = 0  # monotonic: the last word of the API server
        self._relist_at_ns: int | None = None
        self._relist_s = RELIST_S
        self._silence_s = SILENCE_S
        self._is_out = False
        self._stream: Stream | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="snapshot-watch", daemon=True)

    @property
    def is_alive(self) -> bool:
        """Whether the publication is being followed, connected or not."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to follow; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Return when nothing is followed any more. What was served stays."""
        self._stopping.set()
        stream = self._stream
        if stream is not None:
            stream.close()
        self._thread.join(STOP_S)

    def _follow(self) -> None:
        while not self._stopping.is_set():
            wait_s = self._attempt()
            if wait_s:
                self._stopping.wait(wait_s)

    def _attempt(self) -> float:
        """List if need be, then watch until the watch ends. Return how long to wait before the next attempt."""
        try:
            if self._version is None:
                self._list()
            self._watch()
        except ApiSilent:
            return self._look()
        except ApiFailure as failure:
            return self._failed(failure)
        except Unreadable as error:
            return self._failed(ApiFailure(str(error)), resume=False)
        except _DEFECTS:
            _LOG.exception("a defect in following the publication; it is listed anew")
            self._version = None
            return self._with.backoff.next_s()
        return 0.0

    def _list(self) -> None:
        query = {"labelSelector": PART}
        listed = read_list(self._with.api.request("GET", self._path, query))
        self._heard_at_ns = self._with.clock.ticks_ns()
        self._relist_at_ns = None
        self._apply(self._parts.on_list(listed.parts), confirmed=False)
        self._version = listed.version

    def _watch(self) -> None:
        query = {
            "labelSelector": PART,
            "watch": "true",
            "resourceVersion": self._version or "",
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(WATCH_S),
        }
        self._stream = self._with.api.stream(self._path, query, self._silence_s)
        begun_at_ns = self._with.clock.ticks_ns()
        try:
            if self._stopping.is_set():  # looked at after the stream is there for `stop` to close
                return
            for line in self._stream.lines():
                if self._stopping.is_set():
                    return
                self._take(line)
                if self._version is None or self._is_relist_due():
                    return
        finally:
            self._stream.close()
            self._stream = None
        if self._with.clock.ticks_ns() - begun_at_ns < _NS_PER_S:
            raise ApiFailure("the API server ends watches as soon as they begin")
        self._recovered()

    def _take(self, line: bytes) -> None:
        event = read_event(line)
        match event:
            case Changed():
                self._recovered()
                self._silence_s = SILENCE_S
                self._apply(self._parts.on_event(event.change, event.part), confirmed=True)
                self._version = event.version
            case Bookmark():
                self._recovered()
                self._version = event.version
            case Ended():
                raise ApiFailure(f"the watch was ended: {event.message}", event.code)

    def _apply(self, outcome: Outcome, *, confirmed: bool) -> None:
        match outcome:
            case Serve(snapshot):
                self._serve(snapshot, confirmed=confirmed)
            case Confirm():
                self._with.holder.confirm()
            case Reject(message):
                self._reject(message)
            case Ignore(sequence, serving):
                what = {"sequence": sequence, "serving": serving}
                _LOG.warning("ignored a head whose sequence is not higher than the one served", extra=what)
            case Keep():
                pass
        self._plan_relist()

    def _serve(self, snapshot: Snapshot, *, confirmed: bool) -> None:
        begun_at_ns = self._with.clock.ticks_ns()
        try:
            view = self._with.build(snapshot)
        except _DEFECTS:
            _LOG.exception("a defect: snapshot %d could not be built", snapshot.sequence)
            self._reject(f"building snapshot {snapshot.sequence} failed")
            return
        self._with.holder.swap(view, confirmed=confirmed)
        self._parts.mark_served(snapshot)
        self._relist_s = RELIST_S
        self._with.swapped()
        build_ms = (self._with.clock.ticks_ns() - begun_at_ns) // 1_000_000
        what = {"sequence": view.sequence, "digest": view.digest, "build_ms": build_ms}
        _LOG.info("serving a new snapshot", extra=what)

    def _reject(self, sentence: str) -> None:
        self._with.holder.fail()
        kept = "every request is denied" if self._with.holder.current is None else "the last good snapshot is kept"
        _LOG.error("what is published in %s cannot be served: %s; %s", self._with.namespace, sentence, kept)

    def _plan_relist(self) -> None:
        if not self._parts.is_incomplete:
            self._relist_at_ns = None
        elif self._relist_at_ns is None:
            self._relist_at_ns = self._with.clock.ticks_ns() + int(self._relist_s * _NS_PER_S)
            self._relist_s = min(self._relist_s * 2, LONGEST_RELIST_S)

    def _is_relist_due(self) -> bool:
        if self._relist_at_ns is None or self._with.clock.ticks_ns() < self._relist_at_ns:
            return False
        self._version = None
        return True

    def _look(self) -> float:
        """After a silence: resume the watch when head and beat are as held, else list anew."""
        if self._is_relist_due():
            return 0.0
        try:
            query = {"labelSelector": f"{PART} in ({HEAD},{BEAT})"}
            found = read_list(self._with.api.request("GET", self._path, query))
        except (ApiFailure, Unreadable) as error:
            return self._failed(error if isinstance(error, ApiFailure) else ApiFailure(str(error)))
        if self._parts.agrees_with(found.parts):
            self._recovered()
            self._silence_s = min(self._silence_s * 2, LONGEST_SILENCE_S)
        else:
            _LOG.warning("the watch stayed silent while the publication went on; listing anew")
            self._version = None
        return 0.0

    def _failed(self, failure: ApiFailure, *, resume: bool = True) -> float:
        """Tell the beginning of an outage, and return how long to wait."""
        away_ns = self._with.clock.ticks_ns() - self._heard_at_ns
        if failure.status is not None or not resume or away_ns > AWAY_S * _NS_PER_S:
            self._version = None
        if not self._stopping.is_set():
            level = logging.DEBUG if self._is_out else logging.WARNING
            _LOG.log(level, "the publication cannot be followed now, what is served stays: %s", failure)
        self._is_out = True
        return self._with.backoff.next_s(failure.retry_after_s)

    def _recovered(self) -> None:
        """Note that the watch works. A list that succeeded proves less: watching may be refused all the same."""
        self._heard_at_ns = self._with.clock.ticks_ns()
        self._with.backoff.reset()
        if self._is_out:
            self._is_out = False
            _LOG.info("the publication is followed again")
