"""A publication as it lies in Kubernetes: what a writer writes, as parts and as ConfigMaps."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accredit_extauthz.contract.codec import digest, encode_head, encode_shard
from accredit_extauthz.contract.publication import (
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
from accredit_extauthz.contract.snapshot import FORMAT, Head, Shard
from fakes import scene

CLUSTER = "cluster"


@dataclass(frozen=True)
class Publication:
    """One head and the shards that it names, by name."""

    head: Head
    shards: Mapping[str, bytes]

    @property
    def sequence(self) -> int:
        return self.head.sequence

    def contents(self) -> dict[str, bytes]:
        """All of it by name, in the order of writing: the head last."""
        return {**self.shards, HEAD_NAME: encode_head(self.head)}


def publication(sequence: int, buckets: Mapping[str, Shard] | None = None, format_: int = FORMAT) -> Publication:
    """A publication; without `buckets` it holds the scene's world, an agent's label telling the sequence."""
    shards = {
        shard_name(bucket, sequence): encode_shard(shard) for bucket, shard in (buckets or world(sequence)).items()
    }
    named = {name: digest(data) for name, data in shards.items()}
    return Publication(Head(writer="test", sequence=sequence, format=format_, shards=named), shards)


def world(sequence: int, **changes: Any) -> dict[str, Shard]:
    """The scene's world in two buckets."""
    seen = scene.snapshot(agents=(scene.agent(**({"labels": {"at": str(sequence)}} | changes)),))
    return {
        CLUSTER: Shard(issuers=seen.issuers, owners=seen.owners),
        "00": Shard(agents=seen.agents, policies=seen.policies),
    }


def beat(sequence: int, at: float = 0.0) -> bytes:
    return encode_beat(Beat(writer="test", sequence=sequence, written_at=at)).encode()


def part_of(name: str) -> str:
    """The label's value that belongs to a name."""
    return SHARD if name.startswith(SHARD_PREFIX) else {HEAD_NAME: HEAD, BEAT_NAME: BEAT}.get(name, "other")


def config_map(name: str, content: bytes | None, version: str | None = None, namespace: str = "ns") -> dict[str, Any]:
    """The ConfigMap of a part."""
    metadata = {"name": name, "namespace": namespace, "labels": {PART: part_of(name)}}
    found: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata if version is None else metadata | {"resourceVersion": version},
    }
    if content is not None:
        found["data"] = {CONTENT: content.decode()}
    return found


def listed(contents: Mapping[str, bytes | None], version: str = "1") -> bytes:
    """The API server's answer to a list."""
    items = [config_map(name, content, "1") for name, content in contents.items()]
    return json.dumps({"kind": "ConfigMapList", "metadata": {"resourceVersion": version}, "items": items}).encode()


def event(kind: str, name: str, content: bytes | None, version: str = "2") -> bytes:
    """One line of a watch."""
    return json.dumps({"type": kind, "object": config_map(name, content, version)}).encode() + b"\n"


def status_event(code: int) -> bytes:
    """The line with which the API server ends a watch."""
    return (
        json.dumps({"type": "ERROR", "object": {"kind": "Status", "code": code, "message": "ended"}}).encode() + b"\n"
    )


def bookmark(version: str) -> bytes:
    return json.dumps({"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": version}}}).encode() + b"\n"


def flipped(data: bytes) -> bytes:
    """The same content with one character changed: still text, still of its length."""
    at = len(data) // 2
    return data[:at] + (b"x" if data[at : at + 1] != b"x" else b"y") + data[at + 1 :]


def junk() -> bytes:
    return base64.b64encode(bytes(range(64)))
