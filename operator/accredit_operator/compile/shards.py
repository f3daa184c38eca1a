"""Records into shards: one for the cluster, one for each bucket of namespaces. Equal records make equal bytes."""

import hashlib
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, TypeVar, assert_never

from accredit_extauthz.contract.codec import digest, encode_shard
from accredit_extauthz.contract.snapshot import (
    FORMAT,
    AgentRecord,
    Head,
    HostOwner,
    IssuerRecord,
    PolicyRecord,
    RevocationRecord,
    Shard,
)
from accredit_operator.compile.memo import Memo

CLUSTER = "cluster"
RECORDS_OF_SHARD = 256  # of one kind: about 128 KiB, so that one change writes little
MAX_SHARD_BYTES = 700 * 1024  # a ConfigMap holds 1 MiB

_MAX_PARTS = 4096

AnyRecord = IssuerRecord | HostOwner | AgentRecord | PolicyRecord | RevocationRecord


@dataclass(frozen=True, slots=True)
class Records:
    """Everything that a snapshot holds, in any order."""

    issuers: tuple[IssuerRecord, ...] = ()
    owners: tuple[HostOwner, ...] = ()
    agents: tuple[AgentRecord, ...] = ()
    policies: tuple[PolicyRecord, ...] = ()
    revocations: tuple[RevocationRecord, ...] = ()


@lru_cache(maxsize=4096)
def bucket(namespace: str) -> str:
    """Return the name of the shard that holds a namespace's records: one of 256, by the hash of its name."""
    return f"b-{hashlib.sha256(namespace.encode()).digest()[0]:02x}"


def shard_records(records: Records, memo: Memo) -> dict[str, bytes]:
    """Return the canonical bytes of every shard in use, by name. The cluster's shard is always there.

    A bucket with many or large records is several shards, `NAME` and `NAME.1` and so on: a record's name says which.
    """
    agents = _by_bucket(records.agents, lambda record: record.ref.namespace)
    policies = _by_bucket(records.policies, lambda record: record.ref.namespace)
    local = _by_bucket((one for one in records.revocations if not one.everywhere), lambda record: record.namespace)
    wholes: list[tuple[str, *tuple[tuple[AnyRecord, ...], ...]]] = [
        (name, (), (), tuple(agents.get(name, ())), tuple(policies.get(name, ())), tuple(local.get(name, ())))
        for name in {*agents, *policies, *local}
    ]
    cut = (one for one in records.revocations if one.everywhere)
    wholes.append((CLUSTER, tuple(records.issuers), tuple(records.owners), (), (), tuple(cut)))
    shards: dict[str, bytes] = {}
    for name, *parts in wholes:
        shards |= memo.recall(f"shard {name}", tuple(parts), partial(_split, memo, name))
    return {name: shards[name] for name in sorted(shards)}


def _split(memo: Memo, name: str, *records: Sequence[Any]) -> dict[str, bytes]:
    """Return the shards of one bucket: as many as keep each small, by a power of two, so that few change at once."""
    count = 1
    while max(map(len, records)) > RECORDS_OF_SHARD * count:
        count *= 2
    while True:
        shards = {
            f"{name}.{part}" if part else name: memo.recall(
                f"part {name} {part}/{count}",
                tuple(tuple(one for one in kind if _part_of(one, count) == part) for kind in records),
                _encode,
            )
            for part in range(count)
        }
        if count >= _MAX_PARTS or all(len(content) <= MAX_SHARD_BYTES for content in shards.values()):
            return shards
        count *= 2


def _encode(
    issuers: Sequence[IssuerRecord],
    owners: Sequence[HostOwner],
    agents: Sequence[AgentRecord],
    policies: Sequence[PolicyRecord],
    revocations: Sequence[RevocationRecord],
) -> bytes:
    return encode_shard(
        Shard(
            issuers=tuple(sorted(issuers, key=lambda record: record.name)),
            owners=tuple(sorted(owners, key=lambda record: record.pattern)),
            agents=tuple(sorted(agents, key=lambda record: record.ref)),
            policies=tuple(sorted(policies, key=lambda record: record.ref)),
            revocations=tuple(sorted(revocations, key=lambda record: (record.namespace, record.name))),
        )
    )


def _part_of(record: AnyRecord, count: int) -> int:
    match record:
        case AgentRecord() | PolicyRecord():
            name = record.ref.name
        case HostOwner():
            name = record.pattern
        case IssuerRecord() | RevocationRecord():
            name = record.name
        case never:
            assert_never(never)
    return zlib.crc32(name.encode()) % count


def head_of(shards: Mapping[str, bytes], *, writer: str, sequence: int) -> Head:
    """Return the head that names these shards."""
    digests = {name: digest(shards[name]) for name in sorted(shards)}
    return Head(writer=writer, sequence=sequence, format=FORMAT, shards=digests)


RecordT = TypeVar("RecordT")


def _by_bucket(records: Iterable[RecordT], namespace_of: Callable[[RecordT], str]) -> defaultdict[str, list[RecordT]]:
    buckets: defaultdict[str, list[RecordT]] = defaultdict(list)
    for record in records:
        buckets[bucket(namespace_of(record))].append(record)
    return buckets
