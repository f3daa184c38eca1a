"""Canonical bytes of shards and heads, their digests, and the one-file document that carries a whole snapshot.

A digest is over the bytes as written, so a reader verifies before it decodes. Nothing is believed whose digest differs.
"""

import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from accredit_extauthz.contract.snapshot import FORMAT, Head, Shard, Snapshot

_ENCODER = msgspec.json.Encoder(order="deterministic")
_SHARD = msgspec.json.Decoder(Shard)
_HEAD = msgspec.json.Decoder(Head)


class SnapshotUnreadable(ValueError):
    """The bytes are no snapshot that this program can serve; the message says why, in one sentence."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot in one file: the head, and the shards' canonical bytes embedded as they are."""

    head: Head
    shards: dict[str, msgspec.Raw]


_DOCUMENT = msgspec.json.Decoder(Document)


def digest(data: bytes) -> str:
    """Return `sha256:<hex>` of `data`."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def encode_shard(shard: Shard) -> bytes:
    """Return the canonical bytes of a shard: JSON, sorted members, defaults left out."""
    return _ENCODER.encode(shard)


def content_digest(head: Head) -> str:
    """Return the digest of what a head names: equal for equal content, whatever sequence and shards' names."""
    return digest(_ENCODER.encode({"format": head.format, "shards": sorted(head.shards.values())}))


def encode_head(head: Head) -> bytes:
    """Return the canonical bytes of a head."""
    return _ENCODER.encode(head)


def decode_head(data: bytes) -> Head:
    """Return a head. Raises SnapshotUnreadable."""
    try:
        return _HEAD.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SnapshotUnreadable(f"the head cannot be read: {error}") from error


def encode_document(head: Head, shards: Mapping[str, bytes]) -> bytes:
    """Return a whole snapshot as one file. `shards` maps the names in `head` to their canonical bytes."""
    raw = {name: msgspec.Raw(shards[name]) for name in sorted(head.shards)}
    return _ENCODER.encode(Document(head=head, shards=raw)) + b"\n"


def decode_document(data: bytes) -> Snapshot:
    """Return the snapshot in a file, every digest verified. Raises SnapshotUnreadable."""
    try:
        document = _DOCUMENT.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SnapshotUnreadable(f"the file is no snapshot document: {error}") from error
    return assemble(document.head, {name: bytes(raw) for name, raw in document.shards.items()})


def assemble(head: Head, shards: Mapping[str, bytes]) -> Snapshot:
    """Return the snapshot that `head` names, every shard's digest verified. Raises SnapshotUnreadable."""
    check_format(head)
    return join(head, [verified_shard(name, head.shards[name], shards.get(name)) for name in sorted(head.shards)])


def check_format(head: Head) -> None:
    """Refuse a head whose shards this program cannot read. Raises SnapshotUnreadable."""
    if head.format > FORMAT:
        raise SnapshotUnreadable(f"the head has format {head.format}; this program reads up to {FORMAT}")


def verified_shard(name: str, wanted: str, data: bytes | None) -> Shard:
    """Return the shard in `data`, which must have the digest `wanted`. Raises SnapshotUnreadable."""
    if data is None:
        raise SnapshotUnreadable(f"shard {name} is named by the head and missing")
    if digest(data) != wanted:
        raise SnapshotUnreadable(f"shard {name} does not have the digest that the head names")
    try:
        return _SHARD.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SnapshotUnreadable(f"shard {name} cannot be read: {error}") from error


def join(head: Head, parts: Sequence[Shard]) -> Snapshot:
    """Return the snapshot of verified shards: all that `head` names, in the order of their names."""
    return Snapshot(
        sequence=head.sequence,
        digest=content_digest(head),
        issuers=tuple(record for part in parts for record in part.issuers),
        owners=tuple(record for part in parts for record in part.owners),
        agents=tuple(record for part in parts for record in part.agents),
        policies=tuple(record for part in parts for record in part.policies),
        revocations=tuple(record for part in parts for record in part.revocations),
    )
