"""A compiled snapshot to a file that replicas follow, and the objects' conditions to the file beside it.

Both are replaced in one step, so a reader sees the old file or the new one. The sequence only grows, also over a
restart, and content that has not changed is not written again.
"""

import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from accredit_extauthz.contract.codec import Document, content_digest, encode_document
from accredit_extauthz.contract.snapshot import Head
from accredit_operator.compile.compile import Compiled
from accredit_operator.compile.shards import head_of
from accredit_operator.compile.verdict import Verdict
from accredit_operator.conditions import Condition, Status, merge

_NS_PER_MS = 1_000_000


class ObjectStatus(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is said of one object: its conditions, as a cluster would hold them."""

    kind: str
    namespace: str
    name: str
    file: str = ""  # file:line
    observed_generation: int = 0
    conditions: tuple[Condition, ...] = ()


class StatusFile(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The conditions of every object, with the sequence of the snapshot that they speak of."""

    sequence: int
    digest: str
    objects: tuple[ObjectStatus, ...]


@dataclass(frozen=True, slots=True)
class Published:
    """What stands in the file. `is_new` tells whether this call wrote it."""

    sequence: int
    digest: str
    is_new: bool


class FilePublisher:
    """Writes snapshots to one file."""

    def __init__(self, path: Path, writer: str) -> None:
        self.path = path
        self.status_path = path.with_name(f"{path.name}.status.json")
        self._writer = writer
        self._last = _read_head(path)
        self._statuses: Mapping[tuple[str, str, str], ObjectStatus] | None = None

    def publish(self, compiled: Compiled, now_ns: int) -> Published:
        """Write the snapshot unless its content stands there already. Raises OSError."""
        last = self._last
        sequence = max(last.sequence + 1 if last else 1, now_ns // _NS_PER_MS)
        head = head_of(compiled.shards, writer=self._writer, sequence=sequence)
        if last is not None and content_digest(last) == content_digest(head) and self.path.exists():
            return Published(last.sequence, content_digest(last), is_new=False)
        _replace(self.path, encode_document(head, compiled.shards))
        self._last = head
        return Published(sequence, content_digest(head), is_new=True)

    def write_status(self, statuses: Iterable[ObjectStatus], published: Published) -> tuple[ObjectStatus, ...]:
        """Write the conditions, and return those that differ from the last ones written. Raises OSError."""
        old = self._old_statuses()
        new = {(one.kind, one.namespace, one.name): one for one in statuses}
        changed = tuple(one for key, one in new.items() if old.get(key) != one)
        if changed or old.keys() != new.keys() or published.is_new or not self.status_path.exists():
            document = StatusFile(sequence=published.sequence, digest=published.digest, objects=tuple(new.values()))
            _replace(self.status_path, msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")
        self._statuses = new
        return changed

    def statuses(self, verdicts: Iterable[Verdict], now: str) -> tuple[ObjectStatus, ...]:
        """Return the conditions of every object, times of transition kept from those last written."""
        old = self._old_statuses()
        return tuple(_status(verdict, old, now) for verdict in verdicts)

    def _old_statuses(self) -> Mapping[tuple[str, str, str], ObjectStatus]:
        if self._statuses is None:
            self._statuses = {(one.kind, one.namespace, one.name): one for one in _read_status(self.status_path)}
        return self._statuses


def _status(verdict: Verdict, old: Mapping[tuple[str, str, str], ObjectStatus], now: str) -> ObjectStatus:
    key = verdict.key
    before = old.get((key.kind, key.namespace, key.name))
    conditions = (verdict.accepted_condition(), *_programmed_and_ready(verdict), *verdict.conditions)
    return ObjectStatus(
        kind=key.kind,
        namespace=key.namespace,
        name=key.name,
        file=verdict.origin.at("") if verdict.origin else "",
        observed_generation=verdict.generation,
        conditions=merge(before.conditions if before else (), conditions, now),
    )


def _programmed_and_ready(verdict: Verdict) -> tuple[Condition, Condition]:
    """Return what a file can tell: the object is in it. Replicas that follow a file do not report back."""
    ready = Status.TRUE if verdict.accepted else Status.FALSE
    return (
        Condition(
            type="Programmed",
            status=Status.TRUE,
            reason="Published",
            message="it is in the published file",
            observed_generation=verdict.generation,
        ),
        Condition(
            type="Ready",
            status=ready,
            reason=verdict.reason if ready is Status.FALSE else "Ready",
            message=verdict.message,
            observed_generation=verdict.generation,
        ),
    )


def _read_head(path: Path) -> Head | None:
    """Return the head of the file that stands there, or None when there is none that can be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Document).head
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def _read_status(path: Path) -> tuple[ObjectStatus, ...]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=StatusFile).objects
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return ()


def _replace(path: Path, data: bytes) -> None:
    """Put `data` in the place of the file in one step, durable before it is seen."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), 0o644)  # replicas may run as another user
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
