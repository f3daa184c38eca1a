"""What the control plane asks of the world outside."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from accredit_operator.kinds import KINDS
from accredit_operator.kinds.resource import GROUP, VERSION
from accredit_operator.world import Kind

Document = Mapping[str, object]
"""An object as JSON, in the members that the API server writes."""


class Clock(Protocol):
    """The only source of time."""

    def now_ns(self) -> int:
        """Return Unix time in nanoseconds."""

    def ticks_ns(self) -> int:
        """Return a monotonic reading in nanoseconds."""


class Log(Protocol):
    """Where the operator says what happened: one structured line an event."""

    def say(self, level: str, event: str, **fields: object) -> None:
        """Write one line. `event` is a sentence; `fields` are values beside it."""


@dataclass(frozen=True, slots=True)
class Collection:
    """Where all objects of one kind live in the Kubernetes API."""

    group: str  # empty for the core group
    version: str
    plural: str
    kind: str
    is_namespaced: bool = True

    @property
    def api_version(self) -> str:
        """The `apiVersion` of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version


CONFIG_MAPS = Collection("", "v1", "configmaps", "ConfigMap")
EVENTS = Collection("", "v1", "events", "Event")
NAMESPACES = Collection("", "v1", "namespaces", "Namespace", is_namespaced=False)
LEASES = Collection("coordination.k8s.io", "v1", "leases", "Lease")
DECLARED: Mapping[Kind, Collection] = {
    Kind(name): Collection(GROUP, VERSION, kind.plural, name, is_namespaced=kind.is_namespaced)
    for name, kind in KINDS.items()
}
"""Where the objects of group accredit.dev live."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One object as the API server holds it."""

    namespace: str  # empty for a cluster-scoped one
    name: str
    uid: str
    resource_version: str
    document: Document


@dataclass(frozen=True, slots=True)
class Listing:
    """All objects of a collection at one moment, and the version of the collection from which a watch goes on."""

    items: tuple[Stored, ...]
    resource_version: str


class ClusterError(Exception):
    """The API server did not do what it was asked; the message names the request and says why."""


class TransientError(ClusterError):
    """It may work when it is tried again. Whether a write took effect is unknown: read before writing again."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s  # what the API server asked for, if it did


class Conflict(ClusterError):
    """The object is not what the caller took it for: another version, or another object of that name."""


class AlreadyExists(Conflict):
    """An object of that name stands there already."""


class NotFound(ClusterError):
    """There is no such object, or its kind is not installed."""


class Forbidden(ClusterError):
    """The API server does not know these credentials, or their roles do not allow this."""


class Rejected(ClusterError):
    """What was sent is invalid or too large; sending it again will not help."""


class Cluster(Protocol):
    """What the operator says to the API server. Every call blocks, for a bounded time, and may come from any thread.

    All raise ClusterError: TransientError, Forbidden and NotFound anywhere, the others where they are named.
    """

    def list_all(self, collection: Collection, *, namespace: str = "", label: str = "") -> Listing:
        """Return the newest state of a collection: of all namespaces, or one; with a label, or all of them.

        `label` is a selector, as `accredit.dev/part=shard`.
        """

    def probe(self, collection: Collection, *, namespace: str = "") -> None:
        """Return once a list of at most one object has succeeded: the collection can be seen."""

    def read(self, collection: Collection, namespace: str, name: str) -> Stored:
        """Return the newest state of one object."""

    def create(self, collection: Collection, document: Document) -> Stored:
        """Write a new object. Raises AlreadyExists, Rejected."""

    def replace(self, collection: Collection, document: Document) -> Stored:
        """Write an object in the place of the version that its `metadata.resourceVersion` names.

        Raises Conflict when it is at another version, ValueError when the document names none, Rejected.
        """

    def delete(
        self, collection: Collection, namespace: str, name: str, *, uid: str, resource_version: str = ""
    ) -> None:
        """Delete the object if it is the one with this uid, and at this version when one is given. Raises Conflict."""

    def patch_status(
        self, collection: Collection, namespace: str, name: str, *, resource_version: str, status: Document
    ) -> Stored:
        """Merge `status` into the object's status if the object is at this version. Raises Conflict, Rejected."""
