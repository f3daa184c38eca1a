"""Where audit records are kept. A write returns once the record is with the operating system, else it raises.

A record goes out in one write(2). What a full disk or a closed pipe left of a record is closed with a newline before
the next one, so a torn line is one bad line and never two records in one.
"""

import logging
import os
import stat
import threading
from pathlib import Path

from accredit_extauthz.serve.ports import AuditUnavailable, Clock

_LOG = logging.getLogger(__name__)
_RECHECK_NS = 1_000_000_000
_APPEND = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY
_OWNER_ONLY = 0o600
_NEWLINE = b"\n"


class _Lines:
    """Whole lines to one descriptor; remembers whether the last one was torn."""

    def __init__(self, descriptor: int, *, torn: bool) -> None:
        self.descriptor = descriptor
        self._torn = torn

    def write(self, line: bytes) -> None:
        """Write `line`, a torn line before it closed first. Raises OSError."""
        rest = memoryview(_NEWLINE + line if self._torn else line)
        while rest:
            written = os.write(self.descriptor, rest)
            self._torn = rest[written - 1 : written] != _NEWLINE if written else self._torn
            rest = rest[written:]


class _Alarm:
    """Says once that records cannot be written, and once that they can again."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._raised = False

    def failed(self, error: OSError) -> AuditUnavailable:
        """Return what to raise."""
        sentence = f"audit records cannot be written to {self._where}: {error.strerror or error}"
        if not self._raised:
            _LOG.error("%s; everything is denied until they can", sentence)
        self._raised = True
        return AuditUnavailable(sentence)

    def succeeded(self) -> None:
        if self._raised:
            _LOG.warning("audit records are written to %s again", self._where)
        self._raised = False


class StreamSink:
    """Audit records to an open descriptor, such as standard output. Safe to call from any thread."""

    def __init__(self, descriptor: int) -> None:
        self._lines = _Lines(descriptor, torn=False)
        self._alarm = _Alarm("standard output")
        self._lock = threading.Lock()

    def write(self, line: bytes) -> None:
        """Write one record. Raises AuditUnavailable."""
        with self._lock:
            try:
                self._lines.write(line)
            except OSError as error:
                raise self._alarm.failed(error) from error
            self._alarm.succeeded()


class FileSink:
    """Audit records appended to a file, which may be rotated, deleted, or on a disk that fills up and is freed again.

    A deleted file is created anew before the next record, a renamed one within a second. Safe to call from any thread.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._alarm = _Alarm(str(path))
        self._lock = threading.Lock()
        self._lines: _Lines | None = None
        self._checked_at_ticks_ns = 0

    def open(self) -> None:
        """Open the file ahead of the first record, so that a wrong path is found at once. Raises AuditUnavailable."""
        self.write(b"")

    def write(self, line: bytes) -> None:
        """Append one record. Raises AuditUnavailable."""
        with self._lock:
            try:
                self._current().write(line)
            except OSError as error:
                raise self._alarm.failed(error) from error
            self._alarm.succeeded()

    def _current(self) -> _Lines:
        ticks_ns = self._clock.ticks_ns()
        if self._lines is not None and self._is_gone(self._lines.descriptor, ticks_ns):
            os.close(self._lines.descriptor)
            self._lines = None
        if self._lines is None:
            self._lines = _open(self._path)
            self._checked_at_ticks_ns = ticks_ns
        return self._lines

    def _is_gone(self, descriptor: int, ticks_ns: int) -> bool:
        held = os.fstat(descriptor)
        if held.st_nlink == 0:
            return True
        if ticks_ns - self._checked_at_ticks_ns < _RECHECK_NS:
            return False
        self._checked_at_ticks_ns = ticks_ns
        try:
            return not os.path.samestat(held, self._path.stat())
        except FileNotFoundError:
            return True


def _open(path: Path) -> _Lines:
    descriptor = os.open(path, _APPEND, _OWNER_ONLY)
    try:
        return _Lines(descriptor, torn=_ends_torn(descriptor))
    except OSError:
        os.close(descriptor)
        raise


def _ends_torn(descriptor: int) -> bool:
    """Whether a process that died has left half a line. A pipe is refused: nobody reads what is written to it here."""
    held = os.fstat(descriptor)
    if stat.S_ISFIFO(held.st_mode):
        raise OSError("the path is a pipe; name a file, or write ACCREDIT_AUDIT=stdout")
    return held.st_size > 0 and os.pread(descriptor, 1, held.st_size - 1) != _NEWLINE
