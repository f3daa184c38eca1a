"""Folders and files of YAML to a world. One file that cannot be parsed spoils the whole: half a tree could widen."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from accredit_operator.compile.compile import Compiled, compile_world
from accredit_operator.compile.objects import ObjectUnknown, read_object
from accredit_operator.compile.premises import MANIFESTS, Premises
from accredit_operator.kinds.resource import GROUP
from accredit_operator.manifests.documents import Document, DocumentUnreadable, read_documents
from accredit_operator.manifests.files import find_files
from accredit_operator.manifests.namespaces import read_namespace
from accredit_operator.world import Declared, NamespaceFacts, ObjectKey, Origin, World

MAX_FILE_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a file cannot be taken in. `line` is counted from 1."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class ManifestsUnreadable(Exception):
    """The manifests as a whole cannot be taken in; `faults` names every file and line that is in the way."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


@dataclass(frozen=True, slots=True)
class Manifests:
    """What was read: the world, and sentences about what was passed over."""

    world: World
    notices: tuple[str, ...]


@dataclass(slots=True)
class _Gathered:
    objects: dict[ObjectKey, Declared[object]] = field(default_factory=dict)
    namespaces: dict[str, tuple[NamespaceFacts, Origin]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    ignored: dict[str, str] = field(default_factory=dict)  # API group -> where it was first met


def read_tree(paths: Iterable[Path]) -> Manifests:
    """Return the objects in these folders and files. Raises ManifestsUnreadable, naming every fault."""
    gathered = _Gathered()
    files, missing = find_files(paths)
    gathered.faults.extend(Fault(str(path), 1, "there is no such file or folder") for path in missing)
    for file in files:
        _gather_file(file, gathered)
    if gathered.faults:
        raise ManifestsUnreadable(gathered.faults)
    world = World.of(gathered.objects.values(), (facts for facts, _ in gathered.namespaces.values()))
    notices = (f"objects of group {group or 'v1'} are ignored, first at {at}" for group, at in gathered.ignored.items())
    return Manifests(world, tuple(notices))


def compile_manifests(paths: Iterable[Path], premises: Premises = MANIFESTS) -> Compiled:
    """Return the compiled objects of these folders and files. Raises ManifestsUnreadable."""
    return compile_world(read_tree(paths).world, premises)


def _gather_file(file: Path, gathered: _Gathered) -> None:
    try:
        for document in read_documents(_text(file)):
            for value, prefix in _unpacked(document.value, ""):
                _gather(value, _origin(file, document, prefix), gathered)
    except DocumentUnreadable as unreadable:
        gathered.faults.append(Fault(str(file), unreadable.line, unreadable.message))
    except OSError as error:
        gathered.faults.append(Fault(str(file), 1, f"it cannot be read: {error.strerror or error}"))


def _text(file: Path) -> str:
    data = file.read_bytes()
    if len(data) > MAX_FILE_BYTES:
        raise DocumentUnreadable(1, f"the file is larger than {MAX_FILE_BYTES} bytes; split it")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentUnreadable(data.count(b"\n", 0, error.start) + 1, "it is not UTF-8") from error


def _unpacked(value: object, prefix: str) -> Iterator[tuple[object, str]]:
    """Yield the documents in a value: itself, or the items of a v1 List."""
    if not isinstance(value, Mapping) or (value.get("apiVersion"), value.get("kind")) != ("v1", "List"):
        yield value, prefix
        return
    items = value.get("items")
    if not isinstance(items, list):
        yield items, f"{prefix}items."
        return
    for index, item in enumerate(items):
        yield from _unpacked(item, f"{prefix}items[{index}].")


def _origin(file: Path, document: Document, prefix: str) -> Origin:
    if not prefix:
        return Origin(str(file), document.line, document.lines)
    lines = {path.removeprefix(prefix): line for path, line in document.lines.items() if path.startswith(prefix)}
    return Origin(str(file), document.lines.get(prefix.removesuffix("."), document.line), lines)


def _gather(value: object, origin: Origin, gathered: _Gathered) -> None:
    version = value.get("apiVersion") if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping) or not isinstance(version, str) or not isinstance(value.get("kind"), str):
        gathered.faults.append(Fault(origin.file, origin.line, "no Kubernetes object; write apiVersion and kind"))
        return
    group = version.rpartition("/")[0].lower()
    if version.partition("/")[0].strip().lower() == GROUP:  # a slip in the version must not pass for another group
        _gather_object(value, origin, gathered)
    elif (version, value["kind"]) == ("v1", "Namespace"):
        _gather_namespace(value, origin, gathered)
    else:
        gathered.ignored.setdefault(group, f"{origin.file}:{origin.line}")


def _gather_object(value: Mapping[str, object], origin: Origin, gathered: _Gathered) -> None:
    try:
        thing = read_object(value, origin)
    except ObjectUnknown as unknown:
        gathered.faults.append(Fault(origin.file, origin.line, str(unknown)))
        return
    first = gathered.objects.setdefault(thing.key, thing)
    if first is not thing and first.origin is not None:
        _add_duplicate(str(thing.key), origin, first.origin, gathered)


def _gather_namespace(value: Mapping[str, object], origin: Origin, gathered: _Gathered) -> None:
    facts = read_namespace(value)
    if facts is None:
        message = "a Namespace whose name, labels or annotations are no texts; correct them"
        gathered.faults.append(Fault(origin.file, origin.line, message))
        return
    _, first = gathered.namespaces.setdefault(facts.name, (facts, origin))
    if first is not origin:
        _add_duplicate(f"Namespace {facts.name}", origin, first, gathered)


def _add_duplicate(what: str, second: Origin, first: Origin, gathered: _Gathered) -> None:
    message = f"{what} stands at {first.file}:{first.line} too; keep one of the two"
    gathered.faults.append(Fault(second.file, second.line, message))
