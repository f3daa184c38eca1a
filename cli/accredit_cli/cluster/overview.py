"""What a cluster's Accredit looks like at one moment: publication, replicas, leader, versions, objects. Read once.

Ages are counted by this machine's clock against the writers' clocks: they are for people. Whether a replica counts is
said by its Lease being renewed within the time that it asks for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from accredit_cli.cluster.deployed import DEPLOYMENTS
from accredit_cli.cluster.publication import NothingPublished, read_published
from accredit_extauthz.contract.publication import PART, REPLICA, REPLICA_LEASE_S, Beat
from accredit_extauthz.contract.snapshot import Head
from accredit_operator.conditions import Status
from accredit_operator.lease.record import LEASE_NAME, read_record
from accredit_operator.ports import DECLARED, LEASES, Cluster, Forbidden, NotFound, Stored
from accredit_operator.replicas import read_replica
from accredit_operator.status import READY, read_conditions
from accredit_operator.world import Kind

_PARTS_OF_US = "app.kubernetes.io/part-of=accredit"
_MEANT = frozenset({"Suspended", "Expired"})  # not Ready because somebody wants it so


@dataclass(frozen=True, slots=True)
class ReplicaSeen:
    """One replica's Lease."""

    name: str
    sequence: int
    format: int
    age_s: int | None  # since it was renewed; None when that cannot be read

    @property
    def is_alive(self) -> bool:
        """Whether it was renewed in time."""
        return self.age_s is not None and self.age_s <= REPLICA_LEASE_S


@dataclass(frozen=True, slots=True)
class DeploymentSeen:
    """One of our Deployments."""

    name: str
    version: str
    ready: int
    wanted: int


@dataclass(frozen=True, slots=True)
class ObjectSeen:
    """One object of ours, and what its condition Ready says."""

    kind: Kind
    namespace: str
    name: str
    spec: Mapping[str, object]
    status: Mapping[str, object]
    ready: Status
    reason: str
    message: str

    @property
    def needs_attention(self) -> bool:
        """Whether it is not Ready, and nobody asked for that."""
        return self.ready is not Status.TRUE and self.reason not in _MEANT


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything at a glance. `hidden` says in sentences what these credentials may not see."""

    head: Head | None
    beat: Beat | None
    nothing: str  # why there is no head
    leader: str  # who holds the operator's Lease; empty: nobody
    replicas: tuple[ReplicaSeen, ...]
    deployments: tuple[DeploymentSeen, ...]
    objects: tuple[ObjectSeen, ...]
    hidden: tuple[str, ...]

    @property
    def alive(self) -> tuple[ReplicaSeen, ...]:
        """The replicas that count."""
        return tuple(one for one in self.replicas if one.is_alive)

    @property
    def behind(self) -> tuple[ReplicaSeen, ...]:
        """The replicas that count and do not serve what is published."""
        sequence = self.head.sequence if self.head else 0
        return tuple(one for one in self.alive if one.sequence < sequence)

    def troubles(self) -> tuple[str, ...]:
        """Return what needs somebody, each in a sentence; nothing when all is well."""
        attention = sum(one.needs_attention for one in self.objects)
        found = {
            self.nothing: self.head is None and bool(self.nothing),
            "no operator leads": not self.leader and not self.hidden,
            "no replica is alive": not self.alive and not self.hidden,
            f"replicas that do not serve what is published: {len(self.behind)}": bool(self.behind),
            f"objects that are not ready: {attention}": bool(attention),
        }
        return tuple(sentence for sentence, holds in found.items() if holds)


def look(cluster: Cluster, home: str, namespace: str, now: int) -> Overview:
    """Return what is to be seen; `namespace` empty is all of them, `now` is in Unix seconds. Raises ClusterError."""
    objects = tuple(_objects(cluster, namespace))
    hidden: list[str] = []
    head, beat, nothing = None, None, ""
    try:
        published = read_published(cluster, home)
        head, beat = published.head, published.beat
    except NothingPublished as error:
        nothing = str(error)
    except Forbidden as error:
        hidden.append(f"the publication: {error}")
    leader = ""
    replicas: tuple[ReplicaSeen, ...] = ()
    try:
        leader, replicas = _leader(cluster, home), _replicas(cluster, home, now)
    except Forbidden as error:
        hidden.append(f"the replicas: {error}")
    return Overview(head, beat, nothing, leader, replicas, _deployments(cluster, home), objects, tuple(hidden))


def age_s(moment: str, now: int) -> int | None:
    """Return how long ago an RFC 3339 time was, or None when it cannot be read."""
    try:
        return now - int(datetime.fromisoformat(moment).timestamp())
    except ValueError:
        return None


def _leader(cluster: Cluster, home: str) -> str:
    try:
        return read_record(cluster.read(LEASES, home, LEASE_NAME).document).holder
    except NotFound:
        return ""


def _replicas(cluster: Cluster, home: str, now: int) -> tuple[ReplicaSeen, ...]:
    leases = cluster.list_all(LEASES, namespace=home, label=f"{PART}={REPLICA}").items
    return tuple(_replica(lease, now) for lease in leases)


def _replica(lease: Stored, now: int) -> ReplicaSeen:
    said = read_replica(lease)
    return ReplicaSeen(said.name, said.sequence, said.format, age_s(read_record(lease.document).renewed_at, now))


def _deployments(cluster: Cluster, home: str) -> tuple[DeploymentSeen, ...]:
    """Return our Deployments; none where they may not be seen, or where something else runs the programs."""
    try:
        found = cluster.list_all(DEPLOYMENTS, namespace=home, label=_PARTS_OF_US).items
    except (Forbidden, NotFound):
        return ()
    return tuple(_deployment(stored) for stored in found)


def _deployment(stored: Stored) -> DeploymentSeen:
    labels = _member(_member(stored.document, "metadata"), "labels")
    ready, wanted = _member(stored.document, "status").get("readyReplicas"), _member(stored.document, "spec")
    return DeploymentSeen(
        name=stored.name,
        version=str(labels.get("app.kubernetes.io/version") or ""),
        ready=ready if isinstance(ready, int) else 0,
        wanted=count if isinstance(count := wanted.get("replicas"), int) else 1,
    )


def _objects(cluster: Cluster, namespace: str) -> list[ObjectSeen]:
    return [
        _object(kind, stored)
        for kind, collection in DECLARED.items()
        for stored in cluster.list_all(collection, namespace=namespace if collection.is_namespaced else "").items
    ]


def _object(kind: Kind, stored: Stored) -> ObjectSeen:
    status = _member(stored.document, "status")
    ready = next((one for one in read_conditions(status) if one.type == READY), None)
    return ObjectSeen(
        kind=kind,
        namespace=stored.namespace,
        name=stored.name,
        spec=_member(stored.document, "spec"),
        status=status,
        ready=Status.UNKNOWN if ready is None else ready.status,
        reason="Unknown" if ready is None else ready.reason,
        message="the operator has not spoken of it" if ready is None else ready.message,
    )


def _member(document: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = document.get(name)
    return value if isinstance(value, Mapping) else {}
