"""The keys of issuers between their fetching and the compiler: what counts now, and what a status says of it."""

from collections.abc import Callable, Iterable, Mapping

from accredit_extauthz.contract.codec import SnapshotUnreadable, verified_shard
from accredit_extauthz.contract.publication import SHARD_PREFIX
from accredit_extauthz.contract.snapshot import IssuerRecord, Key
from accredit_operator.compile.issuers import usable_keys
from accredit_operator.compile.shards import CLUSTER
from accredit_operator.compile.verdict import Verdict
from accredit_operator.keys.fetched import Failure, Fetched
from accredit_operator.keys.source import sources_in
from accredit_operator.keys.standing import keys_fetched
from accredit_operator.keys.store import CountRefresh, Fetch, KeyStore
from accredit_operator.kinds.times import unix_seconds
from accredit_operator.kinds.trusted_issuer import TrustedIssuerSpec
from accredit_operator.ports import Clock, Document, Stored
from accredit_operator.publication import Lying, content_of, read_head
from accredit_operator.replicas import Replica
from accredit_operator.status import KEYS_FETCHED, KeyReport
from accredit_operator.world import Declared, Kind, ObjectKey, World


class IssuerKeys:
    """`changed` hears of an issuer whose keys, or what there is to say of them, have changed. Lives on one loop."""

    def __init__(self, fetch: Fetch, clock: Clock, changed: Callable[[ObjectKey], None], count: CountRefresh) -> None:
        def tell(name: str, _: Fetched | Failure) -> None:
            changed(ObjectKey(Kind.TRUSTED_ISSUER, "", name))

        self._store = KeyStore(fetch, clock, tell, count)

    def remember(self, lying: Lying, world: World, statuses: Mapping[str, Document]) -> None:
        """Begin with the keys that are published, as old as they are, so that a restart forgets none.

        `statuses` are those of the TrustedIssuers by name: they tell when keys were fetched.
        """
        for stored, issuer in _published_issuers(lying):
            if not _is_declared(issuer, world, _written_at(stored)):
                continue
            fetched_at = _fetched_at(statuses.get(issuer.name, {}), stored)
            if issuer.keys and fetched_at is not None:
                self._store.remember(issuer.name, issuer.keys, fetched_at)

    def follow(self, world: World) -> None:
        """Fetch for exactly the issuers of this world."""
        self._store.watch(sources_in(world))

    def keys(self) -> Mapping[str, tuple[Key, ...]]:
        """Return the fetched keys that count now."""
        return self._store.keys()

    def ages_s(self) -> Mapping[str, float]:
        """Return the age of each issuer's last good set."""
        return self._store.ages_s()

    def ask(self, replicas: Iterable[Replica]) -> None:
        """Fetch early what replicas have seen tokens of, and miss."""
        known = self._store.standings()
        for replica in replicas:
            for name, kid in replica.unknown_keys.items():
                standing = known.get(name)
                if standing is not None and kid not in standing.key_ids:
                    self._store.ask(name)

    def report(self, verdict: Verdict, thing: Declared[object]) -> KeyReport | None:
        """Return what an issuer's status says of its keys; None for other objects."""
        if not isinstance(thing.spec, TrustedIssuerSpec):
            return None
        issuer: Declared[TrustedIssuerSpec] = Declared(thing.key, thing.spec, thing.raw)
        keys, _ = usable_keys(issuer, self.keys())
        standing = self._store.standings().get(thing.key.name)
        if standing is not None:
            condition = keys_fetched(standing, verdict.generation)
        else:
            condition = next(one for one in verdict.conditions if one.type == KEYS_FETCHED)
        ids = tuple(key.kid for key in keys if key.kid is not None)
        return KeyReport(condition, ids, standing.fetched_at if standing is not None else None)

    async def close(self) -> None:
        """Stop fetching."""
        await self._store.close()


def _published_issuers(lying: Lying) -> Iterable[tuple[Stored, IssuerRecord]]:
    head = read_head(lying.head) if lying.head is not None else None
    for name, sha in (head.shards if head is not None else {}).items():
        stored = lying.shards.get(name)
        if stored is None or not name.startswith(SHARD_PREFIX + CLUSTER):
            continue
        try:
            shard = verified_shard(name, sha, content_of(stored))
        except SnapshotUnreadable:
            continue
        yield from ((stored, issuer) for issuer in shard.issuers)


def _is_declared(published: IssuerRecord, world: World, written_at: int | None) -> bool:
    """Whether the TrustedIssuer of this name is the published one: an object made later may speak for another."""
    thing = world.objects.get(ObjectKey(Kind.TRUSTED_ISSUER, "", published.name))
    if thing is None or not isinstance(thing.spec, TrustedIssuerSpec) or thing.spec.issuer != published.issuer:
        return False
    return thing.created_at is None or written_at is None or thing.created_at <= written_at


def _fetched_at(status: Document, stored: Stored) -> int | None:
    """Return when published keys were fetched: as the issuer's status says, else when their shard was written."""
    said = status.get("lastFetchTime")
    return unix_seconds(said) if isinstance(said, str) else _written_at(stored)


def _written_at(stored: Stored) -> int | None:
    metadata = stored.document.get("metadata")
    written = metadata.get("creationTimestamp") if isinstance(metadata, Mapping) else None
    return unix_seconds(written) if isinstance(written, str) else None
