"""The published snapshot, read as a replica reads it: every digest verified."""

from dataclasses import dataclass

from accredit_extauthz.contract.codec import SnapshotUnreadable, assemble, decode_head
from accredit_extauthz.contract.publication import BEAT_NAME, HEAD_NAME, PART, Beat, decode_beat
from accredit_extauthz.contract.snapshot import Head, Snapshot
from accredit_operator.ports import CONFIG_MAPS, Cluster, NotFound, Stored
from accredit_operator.publication import content_of


class NothingPublished(Exception):
    """No snapshot that a replica could serve lies there; the message says what to look at."""


@dataclass(frozen=True, slots=True)
class Published:
    """A publication. `beat` is the writer's last sign of life, None where there is none."""

    head: Head
    snapshot: Snapshot
    beat: Beat | None


def read_sequence(cluster: Cluster, namespace: str) -> int:
    """Return the sequence of the head; 0 where there is none that can be read. Raises ClusterError."""
    try:
        return decode_head(content_of(cluster.read(CONFIG_MAPS, namespace, HEAD_NAME)) or b"").sequence
    except (NotFound, SnapshotUnreadable):
        return 0


def read_published(cluster: Cluster, namespace: str) -> Published:
    """Return what is published in a namespace. Raises NothingPublished, ClusterError."""
    parts = {stored.name: stored for stored in cluster.list_all(CONFIG_MAPS, namespace=namespace, label=PART).items}
    if HEAD_NAME not in parts:
        raise NothingPublished(
            f"nothing is published in namespace {namespace}; is the operator running there? name its namespace with"
            " --accredit-namespace"
        )
    try:
        head = decode_head(content_of(parts[HEAD_NAME]) or b"")
        contents = {name: content_of(parts[name]) or b"" for name in head.shards if name in parts}
        snapshot = assemble(head, contents)
    except SnapshotUnreadable as error:
        raise NothingPublished(f"what is published in namespace {namespace} cannot be served: {error}") from error
    return Published(head, snapshot, _beat(parts.get(BEAT_NAME)))


def _beat(stored: Stored | None) -> Beat | None:
    content = None if stored is None else content_of(stored)
    return None if content is None else decode_beat(content.decode())
