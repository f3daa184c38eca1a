"""What has to be written so that the published snapshot is the compiled one: new shards, then the head. Pure.

A shard is written once, under a name that says which sequence brought it; an equal one that lies there already is named
again instead. The head is the only thing that is replaced, and readers believe nothing that it does not name by digest.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from accredit_extauthz.contract.codec import SnapshotUnreadable, decode_head, digest, encode_head
from accredit_extauthz.contract.publication import (
    ANCHOR_NAME,
    BEAT,
    BEAT_NAME,
    CONTENT,
    HEAD,
    HEAD_NAME,
    PART,
    SHARD,
    SHARD_PREFIX,
    Beat,
    encode_beat,
    shard_name,
)
from accredit_extauthz.contract.snapshot import FORMAT, Head
from accredit_operator.ports import CONFIG_MAPS, Document, Stored

_NS_PER_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class NewShard:
    """A shard to write."""

    name: str
    digest: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write, in this order."""

    shards: tuple[NewShard, ...]
    head: Head


def next_sequence(last: int, now_ns: int) -> int:
    """Return a sequence above `last`, at least the Unix milliseconds: a head that was lost or restored is overtaken."""
    return max(last + 1, now_ns // _NS_PER_MS)


def plan(lying: Mapping[str, str], wanted: Mapping[str, tuple[str, bytes]], *, writer: str, sequence: int) -> Plan:
    """Return the writes after which the head of `sequence` names `wanted`: bucket -> digest and bytes.

    `lying` maps the digest of each shard that lies there to its name.
    """
    names = dict(lying)
    new: list[NewShard] = []
    for bucket, (sha, content) in wanted.items():
        if sha not in names:
            names[sha] = shard_name(bucket, sequence)
            new.append(NewShard(names[sha], sha, content))
    shards = {names[sha]: sha for sha, _ in wanted.values()}
    return Plan(tuple(new), Head(writer=writer, sequence=sequence, format=FORMAT, shards=shards))


def names_the_same(one: Head | None, other: Head) -> bool:
    """Whether a head names the same shards in the same format: then there is nothing to publish."""
    return one is not None and (one.format, one.shards) == (other.format, other.shards)


@dataclass(frozen=True, slots=True)
class Lying:
    """What lies in the namespace: the head, the beat, the sound shards by digest, and every shard by name."""

    head: Stored | None
    beat: Stored | None
    sound: Mapping[str, str]  # digest -> name
    shards: Mapping[str, Stored]
    last_sequence: int  # the highest that any of it speaks of

    def nameable(self, head: Head | None) -> dict[str, str]:
        """Return the name of each sound shard by digest; of two equal ones, the one that `head` names."""
        named = head.shards if head is not None else {}
        return {
            **self.sound,
            **{sha: name for name, sha in named.items() if digest(self.content_of(name) or b"") == sha},
        }

    def content_of(self, name: str) -> bytes | None:
        """Return the content of a shard that lies there."""
        stored = self.shards.get(name)
        return None if stored is None else content_of(stored)


def read_lying(parts: Iterable[Stored]) -> Lying:
    """Return what the labelled ConfigMaps of a namespace come to."""
    by_name = {stored.name: stored for stored in parts}
    shards = {name: stored for name, stored in by_name.items() if name.startswith(SHARD_PREFIX)}
    sound = {digest(content_of(stored) or b""): name for name, stored in shards.items()}
    head, beat = by_name.get(HEAD_NAME), by_name.get(BEAT_NAME)
    read = read_head(head) if head is not None else None
    last = max((_sequence_in(name) for name in shards), default=0)
    return Lying(head, beat, sound, shards, max(last, read.sequence if read is not None else 0))


def read_head(stored: Stored) -> Head | None:
    """Return the head in a ConfigMap, or None when it cannot be read."""
    try:
        return decode_head(content_of(stored) or b"")
    except SnapshotUnreadable:
        return None


def content_of(stored: Stored) -> bytes | None:
    """Return the one member of a part's data."""
    data = stored.document.get("data")
    content = data.get(CONTENT) if isinstance(data, Mapping) else None
    return content.encode() if isinstance(content, str) else None


def is_superseded(name: str, head: Head) -> bool:
    """Whether no head has named this shard since `head`, or will: it lies there for nothing."""
    return name.startswith(SHARD_PREFIX) and name not in head.shards and _sequence_in(name) < head.sequence


def shard_document(namespace: str, shard: NewShard, anchor: Stored | None) -> Document:
    """Return the ConfigMap of a new shard."""
    return {**_config_map(namespace, shard.name, SHARD, shard.content.decode(), anchor), "immutable": True}


def head_document(namespace: str, head: Head, anchor: Stored | None, resource_version: str = "") -> Document:
    """Return the ConfigMap of a head, to create or to put in the place of `resource_version`."""
    return _config_map(namespace, HEAD_NAME, HEAD, encode_head(head).decode(), anchor, resource_version)


def beat_document(namespace: str, beat: Beat, anchor: Stored | None, resource_version: str = "") -> Document:
    """Return the ConfigMap of a beat, to create or to put in the place of `resource_version`."""
    return _config_map(namespace, BEAT_NAME, BEAT, encode_beat(beat), anchor, resource_version)


def _config_map(
    namespace: str, name: str, part: str, content: str, anchor: Stored | None, resource_version: str = ""
) -> Document:
    return {
        "apiVersion": CONFIG_MAPS.api_version,
        "kind": CONFIG_MAPS.kind,
        "metadata": {
            "namespace": namespace,
            "name": name,
            "labels": {PART: part},
            **({"resourceVersion": resource_version} if resource_version else {}),
            **({"ownerReferences": [_owner(anchor)]} if anchor is not None else {}),
        },
        "data": {CONTENT: content},
    }


def _owner(anchor: Stored) -> Document:
    """Return a reference to the anchor: what is published goes when the installation goes."""
    return {"apiVersion": CONFIG_MAPS.api_version, "kind": CONFIG_MAPS.kind, "name": ANCHOR_NAME, "uid": anchor.uid}


def _sequence_in(name: str) -> int:
    tail = name.rpartition("-")[2]
    return int(tail) if tail.isascii() and tail.isdigit() else 0
