"""Audit files read as they are written: whatever happens to a file later, what it once held is known here."""

import collections
import contextlib
import json
import os
import threading


class _Held:
    """One file, by its descriptor: it may be renamed or deleted, and the kernel gives its inode to no other."""

    def __init__(self, descriptor):
        self.descriptor = descriptor
        self.offset = 0
        self.rest = b""  # of a line whose end has not come

    def lines(self):
        """The whole lines that are new. A file that is shorter than it was has been truncated, and begins anew."""
        size = os.fstat(self.descriptor).st_size
        if size < self.offset:
            self.offset, self.rest = 0, b""
        new = os.pread(self.descriptor, size - self.offset, self.offset)
        self.offset += len(new)
        *whole, self.rest = (self.rest + new).split(b"\n")
        return whole


class Trail:
    """Every record that any file of `folder` held. What was written is known once `catch_up` returns."""

    def __init__(self, folder):
        self.folder = folder
        self.torn = 0  # lines that are no records
        self._held = {}
        self._records = collections.defaultdict(list)
        self._lock = threading.Lock()

    def catch_up(self):
        with self._lock:
            for path in self.folder.iterdir():
                self._hold(path)
            for held in self._held.values():
                for line in held.lines():
                    self._take(line)

    def decisions(self, decision_id):
        """The decision of every record that has the id."""
        return tuple(record["decision"] for record in self._records.get(decision_id, ()))

    def reasons(self):
        """How many records have each reason."""
        return collections.Counter(record["reason"] for found in self._records.values() for record in found)

    def close(self):
        for held in self._held.values():
            os.close(held.descriptor)
        self._held.clear()

    def _hold(self, path):
        with contextlib.suppress(FileNotFoundError):
            descriptor = os.open(path, os.O_RDONLY)
            inode = os.fstat(descriptor).st_ino
            if path.is_dir() or inode in self._held:
                os.close(descriptor)
            else:
                self._held[inode] = _Held(descriptor)

    def _take(self, line):
        try:
            record = json.loads(line)
        except ValueError:
            self.torn += 1
        else:
            self._records[record["decision_id"]].append(record)
