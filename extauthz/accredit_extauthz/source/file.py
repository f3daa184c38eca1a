"""Follows one file that holds a whole snapshot and is replaced atomically. The last good view is kept through anything.

A change wakes the follower at once; it also looks every second, because a folder that is created later, swapped behind
a symlink or mounted from elsewhere tells nobody. Reading, verifying and building happen here, off the serving threads.
"""

import hashlib
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

import watchfiles

from accredit_extauthz.contract.codec import SnapshotUnreadable, decode_document
from accredit_extauthz.contract.snapshot import Snapshot
from accredit_extauthz.decide.view import View
from accredit_extauthz.serve.holder import Holder
from accredit_extauthz.serve.ports import Clock

_LOG = logging.getLogger(__name__)

LOOK_AGAIN_MS = 1_000  # also how often the bytes are read although the file looks as it did
MAX_BYTES = 256 * 1024 * 1024

_STEP_MS = 10  # how often the watch wakes to see whether it must stop; changes closer together are one
_DEBOUNCE_MS = 50
_NS_PER_MS = 1_000_000
_LOOK_AGAIN_NS = LOOK_AGAIN_MS * _NS_PER_MS
_State = tuple[int, int, int, int, int]
_MISSING = b""  # stands for the digest of a file that is not there
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


class FileSource:
    """Keeps `holder` at the newest good snapshot in `path`, on a thread of its own."""

    def __init__(self, path: Path, holder: Holder, build: Callable[[Snapshot], View], clock: Clock) -> None:
        self._path = path.absolute()
        self._holder = holder
        self._build = build
        self._clock = clock
        self._seen: bytes | None = None  # digest of what was last judged
        self._served: bytes | None = None  # digest of the bytes that are served
        self._state: _State | None = None  # the file's, when it was last read
        self._read_at_ticks_ns = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="snapshot-file", daemon=True)

    @property
    def is_alive(self) -> bool:
        """Whether the file is being followed."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Load what is there, then follow the file."""
        self.look()
        self._thread.start()

    def stop(self) -> None:
        """Return when the file is no longer followed. What was served stays."""
        self._stopping.set()
        self._thread.join()

    def look(self) -> None:
        """Judge the file once: swap to it, confirm it, or keep what is served and say why."""
        try:
            if not self._is_due():
                return
            data, written_at_ns = _read(self._path)
        except OSError as error:
            self._state = None
            self._reject(_MISSING, f"{self._path} cannot be read: {error.strerror or error}")
            return
        digest = hashlib.sha256(data).digest()
        if digest == self._served:
            self._seen = digest
            self._holder.confirm()
        elif digest != self._seen:
            self._judge(data, digest, written_at_ns)

    def _is_due(self) -> bool:
        """Whether to read: when the file looks different, and every second. Other files of the folder may be busy."""
        state, ticks_ns = _state(self._path), self._clock.ticks_ns()
        if state == self._state and ticks_ns - self._read_at_ticks_ns < _LOOK_AGAIN_NS:
            return False
        self._state, self._read_at_ticks_ns = state, ticks_ns
        return True

    def _judge(self, data: bytes, digest: bytes, written_at_ns: int) -> None:
        try:
            snapshot = decode_document(data)
            if self._is_superseded(snapshot, digest):
                return
            view = self._build(snapshot)
        except SnapshotUnreadable as error:
            self._reject(digest, f"{self._path} cannot be served: {error}")
        except _DEFECTS:
            _LOG.exception("a defect: the snapshot in %s could not be built", self._path)
            self._reject(digest, f"{self._path} cannot be served: building it failed")
        else:
            self._swap(view, digest, written_at_ns)

    def _swap(self, view: View, digest: bytes, written_at_ns: int) -> None:
        self._holder.swap(view)
        self._seen = self._served = digest
        since_written_ms = (self._clock.now_ns() - written_at_ns) // _NS_PER_MS
        what = {"sequence": view.sequence, "digest": view.digest, "since_written_ms": since_written_ms}
        _LOG.info("serving a new snapshot", extra=what)

    def _is_superseded(self, snapshot: Snapshot, digest: bytes) -> bool:
        """Whether what is served is newer: an old file that comes back must not bring back what was revoked since."""
        current = self._holder.current
        if current is None or snapshot.sequence > current.sequence:
            return False
        self._seen = digest
        if (snapshot.sequence, snapshot.digest) == (current.sequence, current.digest):
            self._served = digest  # the same snapshot, spelt differently
            return True
        what = {"sequence": snapshot.sequence, "serving": current.sequence}
        _LOG.warning("ignored a snapshot whose sequence is not higher than the one served", extra=what)
        return True

    def _reject(self, digest: bytes, sentence: str) -> None:
        """Count and say once for each content that is no good; what is served stays."""
        if digest == self._seen:
            return
        self._seen = digest
        self._holder.fail()
        kept = "every request is denied" if self._holder.current is None else "the last good snapshot is kept"
        _LOG.error("%s; %s", sentence, kept)

    def _follow(self) -> None:
        while not self._stopping.is_set():
            folder = self._path.parent
            if folder.is_dir():
                self._watch(folder)
            else:
                self._stopping.wait(LOOK_AGAIN_MS / 1_000)
                self.look()

    def _watch(self, folder: Path) -> None:
        """Look at every change in `folder` and every second, until it is another folder than it was."""
        try:
            held = folder.stat()
            for _ in watchfiles.watch(
                folder,
                watch_filter=None,
                debounce=_DEBOUNCE_MS,
                step=_STEP_MS,
                rust_timeout=LOOK_AGAIN_MS,
                yield_on_timeout=True,
                stop_event=self._stopping,
                recursive=False,
            ):
                self.look()
                if not os.path.samestat(held, folder.stat()):
                    return
        except OSError as error:
            # Gone between two looks, or the kernel has no watch left: looking every second still works.
            _LOG.debug("the folder %s cannot be watched now: %s", folder, error)
            self._stopping.wait(LOOK_AGAIN_MS / 1_000)
            self.look()


def _state(path: Path) -> _State:
    """Return what changes with every change of a file. Raises OSError."""
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _read(path: Path) -> tuple[bytes, int]:
    """Return the bytes of a file and when they were written, Unix nanoseconds. Raises OSError."""
    with path.open("rb") as file:
        found = os.fstat(file.fileno())
        if found.st_size > MAX_BYTES:
            raise OSError(f"it has {found.st_size} bytes; the limit is {MAX_BYTES}")
        return file.read(MAX_BYTES + 1), found.st_mtime_ns
