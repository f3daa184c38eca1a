"""A compiled snapshot to a file that replicas follow, and the objects' conditions to the file beside it.

Both are replaced in one step, so a reader sees the old file or the new one. The sequence only grows, also over a
restart, and content that has not changed is not written again.
"""

import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from accredit_extauthz.contract.codec import (
    Document,
    SnapshotUnreadable,
    content_digest,
    decode_document,
    encode_document,
)
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
    file: str = ""  # file:line of what is wrong, or of the object
    observed_generation: int = 0
    conditions: tuple[Condition, ...] = ()
    problems: tuple[str, ...] = ()  # all of them; the Accepted condition has the first

    @property
    def identity(self) -> tuple[str, str, str]:
        """Kind, namespace and name."""
        return (self.kind, self.namespace, self.name)

    @property
    def is_ready(self) -> bool:
        """Whether the Ready condition is True."""
        return any(one.type == "Ready" and one.status is Status.TRUE for one in self.conditions)

    @property
    def title(self) -> str:
        """The object as sentences name it."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class WrittenStatuses:
    """The conditions that stand in the file, and those of them that are new."""

    all: tuple[ObjectStatus, ...]
    changed: tuple[ObjectStatus, ...]


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
        self._last, self._content = _read_last(path)
        self._statuses: Mapping[tuple[str, str, str], ObjectStatus] | None = None

    def publish(self, compiled: Compiled, now_ns: int) -> Published:
        """Write the snapshot unless its content stands there already. Raises OSError."""
        sequence = max(self._last + 1, now_ns // _NS_PER_MS)
        head = head_of(compiled.shards, writer=self._writer, sequence=sequence)
        content = content_digest(head)
        if content == self._content and self.path.exists():
            return Published(self._last, content, is_new=False)
        replace_file(self.path, encode_document(head, compiled.shards))
        self._last, self._content = sequence, content
        return Published(sequence, content, is_new=True)

    def write_status(self, verdicts: Iterable[Verdict], published: Published, now: int) -> WrittenStatuses:
        """Write the conditions if they say anything new. Raises OSError."""
        old = self._old_statuses()
        new = {one.identity: one for one in (_status(verdict, old, now) for verdict in verdicts)}
        changed = tuple(one for identity, one in new.items() if old.get(identity) != one)
        if changed or old.keys() != new.keys() or published.is_new or not self.status_path.exists():
            document = StatusFile(sequence=published.sequence, digest=published.digest, objects=tuple(new.values()))
            replace_file(self.status_path, msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")
        self._statuses = new
        return WrittenStatuses(tuple(new.values()), changed)

    def _old_statuses(self) -> Mapping[tuple[str, str, str], ObjectStatus]:
        if self._statuses is None:
            self._statuses = {one.identity: one for one in _read_status(self.status_path)}
        return self._statuses


def _status(verdict: Verdict, old: Mapping[tuple[str, str, str], ObjectStatus], now: int) -> ObjectStatus:
    key = verdict.key
    before = old.get((key.kind, key.namespace, key.name))
    conditions = (verdict.accepted_condition(), _programmed(verdict), _ready(verdict, now), *verdict.conditions)
    return ObjectStatus(
        kind=key.kind,
        namespace=key.namespace,
        name=key.name,
        file=verdict.origin.at(verdict.problems[0].field if verdict.problems else "") if verdict.origin else "",
        observed_generation=verdict.generation,
        problems=tuple(str(problem) for problem in (*verdict.problems, *verdict.notes)),
        conditions=merge(before.conditions if before else (), conditions, format_instant(now)),
    )


def _programmed(verdict: Verdict) -> Condition:
    """Return what a file can tell: the object is in it. Replicas that follow a file do not report back."""
    return Condition(
        type="Programmed",
        status=Status.TRUE,
        reason="Published",
        message="it is in the published file",
        observed_generation=verdict.generation,
    )


def _ready(verdict: Verdict, now: int) -> Condition:
    status, reason, message = verdict.readiness(now)
    return Condition(
        type="Ready", status=status, reason=reason, message=message, observed_generation=verdict.generation
    )


def format_instant(now: int) -> str:
    """Return Unix seconds as RFC 3339."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _read_last(path: Path) -> tuple[int, str | None]:
    """Return the sequence of the file that stands there, 0 for none, and its content's digest where it is sound."""
    try:
        data = path.read_bytes()
        sequence = msgspec.json.decode(data, type=Document).head.sequence
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return 0, None
    try:
        return sequence, decode_document(data).digest
    except SnapshotUnreadable:
        return sequence, None


def _read_status(path: Path) -> tuple[ObjectStatus, ...]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=StatusFile).objects
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return ()


def replace_file(path: Path, data: bytes) -> None:
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
