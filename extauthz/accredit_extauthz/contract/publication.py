"""How a snapshot lies in Kubernetes: the labels, names and members that writer and readers agree on.

Everything is in the operator's own namespace and carries one label, so one list and one watch bring all of it, in the
order in which it was written. A shard is a ConfigMap that is written once; the head names the shards by digest; the
beat says that the writer still sees the API server. A replica reports what it serves in a Lease of its own.
"""

import msgspec

PART = "accredit.dev/part"  # the label, with one of the values below
SHARD, HEAD, BEAT, REPLICA = "shard", "head", "beat", "replica"

HEAD_NAME = "accredit-head"
BEAT_NAME = "accredit-beat"
ANCHOR_NAME = "accredit-anchor"  # of the installation; what is published belongs to it, and goes with it
SHARD_PREFIX = "accredit-shard-"  # followed by the bucket and the sequence that wrote it

CONTENT = "content"  # the one member of a ConfigMap's data: canonical JSON

REPLICA_LEASE_PREFIX = "accredit-extauthz-"  # followed by the replica's identity
SEQUENCE = "accredit.dev/sequence"  # of a replica's Lease: the snapshot it serves
FORMAT = "accredit.dev/format"  # of a replica's Lease: the newest format it reads
UNKNOWN_KEYS = (
    "accredit.dev/unknown-keys"  # of a replica's Lease: JSON, TrustedIssuer name -> `kid` that it does not have
)

BEAT_PERIOD_S = 2.0
REPLICA_LEASE_S = 15  # a replica that has not renewed for this long no longer counts


class Beat(msgspec.Struct, frozen=True, kw_only=True):
    """The newest published sequence, said again every BEAT_PERIOD_S while every kind shows life."""

    writer: str
    sequence: int
    written_at: float  # Unix seconds by the writer's clock; for people, never compared with a reader's


def shard_name(bucket: str, sequence: int) -> str:
    """Return the name of the ConfigMap that holds a bucket as of `sequence`."""
    return f"{SHARD_PREFIX}{bucket}-{sequence}"


def encode_beat(beat: Beat) -> str:
    """Return a beat's CONTENT."""
    return msgspec.json.encode(beat).decode()


def decode_beat(content: str) -> Beat | None:
    """Return the beat in a CONTENT, or None when there is none."""
    try:
        return msgspec.json.decode(content, type=Beat)
    except msgspec.DecodeError:
        return None
