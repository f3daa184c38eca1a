"""What the API server holds, as far as it was heard: one object a name, newest version first. Pure.

Events of one name may arrive in any order, because an object that was deleted and created again is watched as two. Each
carries the version of the API server's whole history (resourceVersion, an integer that only grows), so the highest one
wins; a deletion counts for the very object that is held, and is remembered so that what was older cannot come back. A
list is the truth as of its own version. Where a list is older than what was known before it was asked for, history
itself was rewritten (a restored etcd), and the list replaces everything.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from accredit_operator.compile.objects import read_object
from accredit_operator.manifests.namespaces import read_namespace
from accredit_operator.ports import DECLARED, NAMESPACES, Collection, Document, Listing, Stored
from accredit_operator.world import Declared, Kind, NamespaceFacts, ObjectKey, World

WATCHED: tuple[Collection, ...] = (*DECLARED.values(), NAMESPACES)
"""Everything that a compilation depends on."""

# Gone as soon as their deletion is asked for, whoever's finalizer still holds them: without them less is allowed.
_GONE_EARLY = frozenset({Kind.AGENT_IDENTITY, Kind.TRUSTED_ISSUER})

_KINDS = {collection: kind for kind, collection in DECLARED.items()}

# What of a document is a declaration. The rest changes with every write of a status.
_MEMBERS = ("apiVersion", "kind", "spec")
_METADATA = ("name", "namespace", "labels", "annotations", "uid", "generation", "creationTimestamp")

Name = tuple[str, str]  # namespace, empty for a cluster-scoped object; name
Found = tuple[Collection, Name]
Content = Declared[object] | NamespaceFacts


class Difference(Enum):
    """What an event or a list has changed."""

    NOTHING = "nothing"
    STATUS = "status"  # a newer version, whose declaration is the same
    CONTENT = "content"


@dataclass(frozen=True, slots=True)
class Seen:
    """One object as it was last heard of."""

    uid: str
    version: int
    content: Content
    status: Document
    is_leaving: bool = False  # being deleted, and no longer counted


@dataclass(frozen=True, slots=True)
class Absence:
    """A name whose object was deleted at a version."""

    version: int


@dataclass(slots=True)
class _Shelf:
    """One collection."""

    held: dict[Name, Seen] = field(default_factory=dict)
    absent: dict[Name, Absence] = field(default_factory=dict)
    listed_at: int = 0  # the version of the last list: what it did not hold did not exist then
    newest: int = 0


class Following:
    """Holds what is known of every watched collection."""

    def __init__(self) -> None:
        self._shelves: dict[Collection, _Shelf] = {collection: _Shelf() for collection in WATCHED}
        self._world = World({}, {})

    @property
    def world(self) -> World:
        """Everything that counts now."""
        return self._world

    def newest(self, collection: Collection) -> int:
        """Return the highest version heard of a collection: to be remembered before it is listed."""
        return self._shelves[collection].newest

    def seen(self, key: ObjectKey) -> Seen | None:
        """Return an object of ours as it was last heard of."""
        return self._shelves[DECLARED[key.kind]].held.get((key.namespace, key.name))

    def on_events(self, events: Iterable[tuple[Collection, Stored, bool]]) -> Mapping[Found, Difference]:
        """Take events in, each with whether it tells of a deletion; return what they changed."""
        changed: dict[Found, Difference] = {}
        for collection, stored, is_gone in events:
            difference = self._take(collection, stored, is_gone=is_gone)
            found = (collection, (stored.namespace, stored.name))
            if difference is Difference.CONTENT or (difference is Difference.STATUS and found not in changed):
                changed[found] = difference
        self._rebuild(found for found, difference in changed.items() if difference is Difference.CONTENT)
        return changed

    def on_list(self, collection: Collection, listing: Listing, known_before: int) -> set[Found]:
        """Take a complete list in; return whose declaration no event had brought so.

        `known_before` is `newest` from before the list was asked for.
        """
        shelf = self._shelves[collection]
        listed_at = int(listing.resource_version)
        if listed_at < known_before:
            forgotten = {(collection, name) for name in shelf.held}
            shelf = self._shelves[collection] = _Shelf()
            self._rebuild(forgotten)
        names = {(stored.namespace, stored.name) for stored in listing.items}
        different = {
            (stored.namespace, stored.name)
            for stored in listing.items
            if self._take(collection, stored, is_gone=False) is Difference.CONTENT
        }
        for name in [name for name, seen in shelf.held.items() if name not in names and seen.version <= listed_at]:
            del shelf.held[name]
            different.add(name)
        shelf.absent = {name: gone for name, gone in shelf.absent.items() if gone.version > listed_at}
        shelf.listed_at = listed_at
        shelf.newest = max(shelf.newest, listed_at)
        found = {(collection, name) for name in different}
        self._rebuild(found)
        return found

    def _take(self, collection: Collection, stored: Stored, *, is_gone: bool) -> Difference:
        shelf, name, version = self._shelves[collection], (stored.namespace, stored.name), int(stored.resource_version)
        held = shelf.held.get(name)
        if version <= _floor(shelf, name, held):
            return Difference.NOTHING
        if is_gone:
            return self._drop(shelf, name, stored.uid, version)
        shelf.newest = max(shelf.newest, version)
        fresh = _read(collection, stored, version, held)
        shelf.held[name] = fresh
        shelf.absent.pop(name, None)
        is_same = held is not None and held.content is fresh.content and held.is_leaving == fresh.is_leaving
        return Difference.STATUS if is_same else Difference.CONTENT

    @staticmethod
    def _drop(shelf: _Shelf, name: Name, uid: str, version: int) -> Difference:
        held = shelf.held.get(name)
        if held is not None and held.uid != uid:
            return Difference.NOTHING
        shelf.newest = max(shelf.newest, version)
        shelf.absent[name] = Absence(version)
        return Difference.NOTHING if shelf.held.pop(name, None) is None else Difference.CONTENT

    def _rebuild(self, changed: Iterable[Found]) -> None:
        """Make the world after these changes; what has not changed is taken over as it is."""
        objects: dict[ObjectKey, Declared[object] | None] = {}
        is_named = False
        for collection, (namespace, name) in changed:
            if collection == NAMESPACES:
                is_named = True
                continue
            key = ObjectKey(_KINDS[collection], namespace, name)
            seen = self._shelves[collection].held.get((namespace, name))
            content = seen.content if seen is not None and not seen.is_leaving else None
            objects[key] = content if isinstance(content, Declared) else None
        if objects:
            self._world = self._world.with_objects(objects)
        if is_named:
            found = (seen.content for seen in self._shelves[NAMESPACES].held.values())
            facts = {one.name: one for one in found if isinstance(one, NamespaceFacts)}
            self._world = self._world.with_namespaces(facts)


def _floor(shelf: _Shelf, name: Name, held: Seen | None) -> int:
    """Return the version up to which everything about a name is known already."""
    if held is not None:
        return held.version
    gone = shelf.absent.get(name)
    return max(shelf.listed_at, gone.version if gone is not None else 0)


def _read(collection: Collection, stored: Stored, version: int, held: Seen | None) -> Seen:
    """Return what an object says. A declaration that has not changed stays the same value, for the compiler's sake."""
    metadata = stored.document.get("metadata")
    is_deleting = isinstance(metadata, Mapping) and bool(metadata.get("deletionTimestamp"))
    status = stored.document.get("status")
    content = _content(collection, stored.document)
    if held is not None and held.uid == stored.uid and held.content == content:
        content = held.content
    is_early = isinstance(content, Declared) and content.key.kind in _GONE_EARLY
    return Seen(
        stored.uid, version, content, status if isinstance(status, Mapping) else {}, is_leaving=is_deleting and is_early
    )


def _content(collection: Collection, document: Document) -> Content:
    if collection == NAMESPACES:
        facts = read_namespace(document)
        assert facts is not None  # the API server's own kinds have names, labels and annotations in order
        return facts
    metadata = document["metadata"]
    assert isinstance(metadata, Mapping)
    said = {member: metadata[member] for member in _METADATA if member in metadata}
    thing = read_object({"metadata": said, **{member: document[member] for member in _MEMBERS if member in document}})
    # Only an object that cannot be read is asked for its raw content again, and there are thousands of the others.
    return thing if thing.spec is None else replace(thing, raw={})
