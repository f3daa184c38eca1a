"""Everything that users declare at one moment, as frozen values: the compiler's whole input. Pure.

An object whose structure is wrong stays in the world without a spec, with its raw content and its problems: what it
names must be denied, not forgotten.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Generic, TypeVar, cast

HOSTS_ANNOTATION = "accredit.dev/hosts"  # on a Namespace: the hosts and wildcards that its policies may claim


class Kind(StrEnum):
    """The kinds of group accredit.dev."""

    TRUSTED_ISSUER = "TrustedIssuer"
    AGENT_IDENTITY = "AgentIdentity"
    TOOL_POLICY = "ToolPolicy"
    REVOCATION = "Revocation"


class ConditionReason(StrEnum):
    """Why an object is accepted or not: the reason of its Accepted condition. None is ever renamed."""

    ACCEPTED = "Accepted"
    INVALID = "Invalid"
    CONFLICTED = "Conflicted"  # an older claim holds what it names
    REF_NOT_FOUND = "RefNotFound"
    NOT_PERMITTED = "NotPermitted"  # its namespace may not claim what it names
    TOO_LARGE = "TooLarge"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an object: the field's path, what was found there, and what to write."""

    field: str
    found: str
    remedy: str
    reason: ConditionReason = ConditionReason.INVALID

    def __str__(self) -> str:
        return f"{self.field}: {self.found}; {self.remedy}"


@dataclass(frozen=True, slots=True, order=True)
class ObjectKey:
    """Names an object. `namespace` is empty for a cluster-scoped one."""

    kind: Kind
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a document stands: a file, the line it starts on, and the lines of its fields."""

    file: str
    line: int
    lines: Mapping[str, int] = field(default_factory=dict)  # field path, as in a Problem -> line

    def at(self, path: str) -> str:
        """Return `file:line` of a field, or of the nearest one written above it."""
        while path and path not in self.lines:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return f"{self.file}:{self.lines.get(path, self.line)}"


SpecT = TypeVar("SpecT")
SpecT_co = TypeVar("SpecT_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Declared(Generic[SpecT_co]):
    """One object. `spec` is None when its structure is wrong; then `problems` says why."""

    key: ObjectKey
    spec: SpecT_co | None
    raw: Mapping[str, object]  # the whole document
    problems: tuple[Problem, ...] = ()
    created_at: int | None = None  # Unix seconds
    generation: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)
    origin: Origin | None = None

    @property
    def raw_spec(self) -> Mapping[str, object]:
        """The spec as written, empty when it is no mapping: what an invalid object still says."""
        spec = self.raw.get("spec")
        return spec if isinstance(spec, Mapping) else {}


@dataclass(frozen=True, slots=True)
class NamespaceFacts:
    """What the platform says about a namespace: labels, and the hosts that it grants."""

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()
    created_at: int | None = None


def claim_order(thing: Declared[object]) -> tuple[bool, int, str, str]:
    """Return the sort key of competing claims: the oldest first, those without a creation time last, then by name."""
    return (thing.created_at is None, thing.created_at or 0, thing.key.namespace, thing.key.name)


@dataclass(frozen=True, slots=True)
class World:
    """All objects by key, and all namespaces by name."""

    objects: Mapping[ObjectKey, Declared[object]] = field(default_factory=lambda: MappingProxyType({}))
    namespaces: Mapping[str, NamespaceFacts] = field(default_factory=lambda: MappingProxyType({}))
    _ordered: dict[Kind, tuple[Declared[object], ...]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, objects: Iterable[Declared[object]], namespaces: Iterable[NamespaceFacts] = ()) -> "World":
        """Return the world of these objects and namespaces."""
        return cls({thing.key: thing for thing in objects}, {facts.name: facts for facts in namespaces})

    def with_object(self, thing: Declared[object]) -> "World":
        """Return the world in which `thing` stands, in place of what had its key. O(objects)."""
        return self.with_objects({thing.key: thing})

    def without(self, key: ObjectKey) -> "World":
        """Return the world without the object of this key."""
        return self.with_objects({key: None})

    def with_objects(self, changes: Mapping[ObjectKey, Declared[object] | None]) -> "World":
        """Return the world after these changes; None stands for an object that is gone."""
        objects = dict(self.objects)
        for key, thing in changes.items():
            if thing is None:
                objects.pop(key, None)
            else:
                objects[key] = thing
        kinds = {key.kind for key in changes}
        ordered = {kind: things for kind, things in self._ordered.items() if kind not in kinds}
        return World(objects, self.namespaces, ordered)

    def with_namespaces(self, namespaces: Mapping[str, NamespaceFacts]) -> "World":
        """Return the world with these namespaces in place of all others."""
        return World(self.objects, namespaces, dict(self._ordered))

    def of_kind(self, kind: Kind, spec_type: type[SpecT]) -> tuple[Declared[SpecT], ...]:
        """Return the objects of a kind, in claim order. `spec_type` is what their specs are read into."""
        found = self._ordered.get(kind)
        if found is None:
            found = tuple(sorted((thing for key, thing in self.objects.items() if key.kind is kind), key=claim_order))
            assert all(thing.spec is None or isinstance(thing.spec, spec_type) for thing in found)
            self._ordered[kind] = found
        return cast("tuple[Declared[SpecT], ...]", found)

    def namespace_names(self) -> frozenset[str]:
        """Return every namespace that exists here or that an object stands in."""
        return frozenset(self.namespaces) | {key.namespace for key in self.objects if key.namespace}
