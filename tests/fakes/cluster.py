"""The Cluster port in memory, with the API server's rules for versions, preconditions, status and no-op writes."""

import copy
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from accredit_operator.ports import (
    DECLARED,
    AlreadyExists,
    ClusterError,
    Collection,
    Conflict,
    Document,
    Listing,
    NotFound,
    Stored,
    TransientError,
)


@dataclass(frozen=True)
class Said:
    """One call, as the fake heard it."""

    verb: str
    plural: str
    namespace: str
    name: str


@dataclass
class Fault:
    """What goes wrong with calls: `landed` writes take effect and only their answer is lost."""

    concerns: Callable[[Said], bool]
    error: ClusterError
    times: int
    landed: bool = False


@dataclass
class FakeCluster:
    said: list[Said] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    uninstalled: set[Collection] = field(default_factory=set)
    before_call: Callable[[Said], None] = lambda said: None  # may take time off a fake clock, or raise
    after_call: Callable[[Said], None] = lambda said: None
    _objects: dict[tuple[Collection, str, str], dict[str, Any]] = field(default_factory=dict)
    _version: int = 100
    _made: int = 0
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def fail(
        self,
        verb: str = "",
        collection: Collection | None = None,
        *,
        name: str = "",
        error: ClusterError | None = None,
        times: int = 1,
        landed: bool = False,
    ) -> None:
        """Let the next calls that match fail; whatever is left out matches all."""

        def concerns(said: Said) -> bool:
            is_kind = collection is None or said.plural == collection.plural
            return is_kind and verb in ("", said.verb) and name in ("", said.name)

        self.faults.append(Fault(concerns, error or TransientError("no connection"), times, landed))

    def apply(self, collection: Collection, document: Document) -> Stored:
        """Write as a user does: over whatever version stands there. Unheard and without faults."""
        with self._lock:
            held = self._objects.get(_key(collection, document))
            if held is None:
                return self._create(collection, document)
            versioned = copy.deepcopy(dict(document))
            versioned["metadata"]["resourceVersion"] = held["metadata"]["resourceVersion"]
            return self._replace(collection, versioned)

    def remove(self, collection: Collection, namespace: str, name: str) -> None:
        """Delete as a user does."""
        with self._lock:
            del self._objects[collection, namespace, name]
            self._version += 1

    def list_all(self, collection: Collection, *, namespace: str = "", label: str = "") -> Listing:
        with self._call("list", collection, namespace, ""):
            found = [
                _stored(held, collection)
                for (kind, inside, _), held in sorted(self._objects.items(), key=lambda item: item[0][1:])
                if kind == collection and namespace in ("", inside) and _selected(held, label)
            ]
            return Listing(tuple(found), str(self._version))

    def probe(self, collection: Collection, *, namespace: str = "") -> None:
        with self._call("probe", collection, namespace, ""):
            pass

    def read(self, collection: Collection, namespace: str, name: str) -> Stored:
        with self._call("read", collection, namespace, name):
            return _stored(self._held(collection, namespace, name), collection)

    def create(self, collection: Collection, document: Document) -> Stored:
        with self._call("create", collection, *_key(collection, document)[1:]):
            return self._create(collection, document)

    def replace(self, collection: Collection, document: Document) -> Stored:
        if not document["metadata"].get("resourceVersion"):
            raise ValueError("a replacement names the resourceVersion that it replaces")
        with self._call("replace", collection, *_key(collection, document)[1:]):
            return self._replace(collection, document)

    def delete(
        self, collection: Collection, namespace: str, name: str, *, uid: str, resource_version: str = ""
    ) -> None:
        with self._call("delete", collection, namespace, name):
            metadata = self._held(collection, namespace, name)["metadata"]
            if metadata["uid"] != uid or resource_version not in ("", metadata["resourceVersion"]):
                raise Conflict(f"{name} is another object or version")
            self.remove(collection, namespace, name)

    def patch_status(
        self, collection: Collection, namespace: str, name: str, *, resource_version: str, status: Document
    ) -> Stored:
        with self._call("patch_status", collection, namespace, name):
            held = self._held(collection, namespace, name)
            if held["metadata"]["resourceVersion"] != resource_version:
                raise Conflict(f"{name} is at another version")
            return self._keep(collection, held, {**held, "status": _merged(held.get("status"), status)})

    @contextmanager
    def _call(self, verb: str, collection: Collection, namespace: str, name: str) -> Iterator[None]:
        said = Said(verb, collection.plural, namespace, name)
        self.before_call(said)
        with self._lock:
            self.said.append(said)
            if collection in self.uninstalled:
                raise NotFound(f"{collection.plural}: the server has no such kind")
            fault = next((one for one in self.faults if one.times > 0 and one.concerns(said)), None)
            if fault is not None:
                fault.times -= 1
            if fault is not None and not fault.landed:
                raise fault.error
            yield
        self.after_call(said)
        if fault is not None:
            raise fault.error

    def _create(self, collection: Collection, document: Document) -> Stored:
        fresh = copy.deepcopy(dict(document))
        self._made += 1
        metadata = fresh["metadata"]
        metadata.setdefault("name", f"{metadata.pop('generateName', '')}{self._made:05d}")
        key = _key(collection, fresh)
        if key in self._objects:
            raise AlreadyExists(f"{metadata['name']} stands there already")
        metadata |= {"uid": f"uid-{self._made}", "creationTimestamp": "2026-11-24T10:00:00Z", "generation": 1}
        if collection in DECLARED.values():
            fresh.pop("status", None)  # only the subresource writes it
        return self._keep(collection, {}, fresh)

    def _replace(self, collection: Collection, document: Document) -> Stored:
        _, namespace, name = _key(collection, document)
        held = self._held(collection, namespace, name)
        if held["metadata"]["resourceVersion"] != document["metadata"]["resourceVersion"]:
            raise Conflict(f"{name} is at another version")
        fresh = copy.deepcopy(dict(document))
        kept = {member: held["metadata"][member] for member in ("uid", "creationTimestamp", "generation")}
        fresh["metadata"] |= kept
        if collection in DECLARED.values():
            fresh.pop("status", None)
            fresh |= {"status": held["status"]} if "status" in held else {}
            fresh["metadata"]["generation"] += fresh.get("spec") != held.get("spec")
        return self._keep(collection, held, fresh)

    def _keep(self, collection: Collection, held: dict[str, Any], fresh: dict[str, Any]) -> Stored:
        """Store an object under a new version; one that has not changed stays at its own, as in the API server."""
        if fresh != held:
            self._version += 1
            metadata = {**fresh["metadata"], "resourceVersion": str(self._version)}
            fresh = copy.deepcopy({**fresh, "metadata": metadata})
            self._objects[_key(collection, fresh)] = fresh
        return _stored(fresh, collection)

    def _held(self, collection: Collection, namespace: str, name: str) -> dict[str, Any]:
        if (collection, namespace, name) not in self._objects:
            raise NotFound(f"there is no {collection.plural} {namespace}/{name}")
        return self._objects[collection, namespace, name]


def _key(collection: Collection, document: Document) -> tuple[Collection, str, str]:
    metadata = document["metadata"]
    return collection, metadata.get("namespace", ""), metadata.get("name", "")


def _stored(held: dict[str, Any], collection: Collection) -> Stored:
    document = copy.deepcopy({"apiVersion": collection.api_version, "kind": collection.kind, **held})
    metadata = document["metadata"]
    return Stored(
        metadata.get("namespace", ""), metadata["name"], metadata["uid"], metadata["resourceVersion"], document
    )


def _selected(held: dict[str, Any], label: str) -> bool:
    labels = held["metadata"].get("labels") or {}
    pairs = [part.partition("=") for part in label.split(",") if part]
    return all(name in labels and (not equals or labels[name] == value) for name, equals, value in pairs)


def _merged(old: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    base = dict(old) if isinstance(old, dict) else {}
    for member, value in patch.items():
        if value is None:
            base.pop(member, None)
        else:
            base[member] = _merged(base.get(member), value)
    return base
