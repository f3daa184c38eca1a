"""Records into shards: one for the cluster, one for each bucket of namespaces. Equal records make equal bytes."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

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

CLUSTER = "cluster"


@dataclass(frozen=True, slots=True)
class Records:
    """Everything that a snapshot holds, in any order."""

    issuers: tuple[IssuerRecord, ...] = ()
    owners: tuple[HostOwner, ...] = ()
    agents: tuple[AgentRecord, ...] = ()
    policies: tuple[PolicyRecord, ...] = ()
    revocations: tuple[RevocationRecord, ...] = ()


def bucket(namespace: str) -> str:
    """Return the name of the shard that holds a namespace's records: one of 256, by the hash of its name."""
    return f"b-{hashlib.sha256(namespace.encode()).digest()[0]:02x}"


def shard_records(records: Records) -> dict[str, bytes]:
    """Return the canonical bytes of every shard in use, by name. The cluster's shard is always there."""
    agents = _by_bucket(records.agents, lambda record: record.ref.namespace)
    policies = _by_bucket(records.policies, lambda record: record.ref.namespace)
    local = _by_bucket((one for one in records.revocations if not one.everywhere), lambda record: record.namespace)
    shards = {
        name: Shard(
            agents=tuple(sorted(agents[name], key=lambda record: record.ref)),
            policies=tuple(sorted(policies[name], key=lambda record: record.ref)),
            revocations=_in_order(local[name]),
        )
        for name in {*agents, *policies, *local}
    }
    shards[CLUSTER] = Shard(
        issuers=tuple(sorted(records.issuers, key=lambda record: record.name)),
        owners=tuple(sorted(records.owners, key=lambda record: record.pattern)),
        revocations=_in_order(one for one in records.revocations if one.everywhere),
    )
    return {name: encode_shard(shards[name]) for name in sorted(shards)}


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


def _in_order(records: Iterable[RevocationRecord]) -> tuple[RevocationRecord, ...]:
    return tuple(sorted(records, key=lambda record: (record.namespace, record.name)))
