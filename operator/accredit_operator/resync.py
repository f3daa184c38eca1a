"""Complete lists of every watched kind: the first world, and later what the watches have missed.

A kind that is not installed or that may not be seen is said so: nothing is published without it.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from accredit_operator.blocking import Blocking
from accredit_operator.following import WATCHED, Following, Found
from accredit_operator.ports import Cluster, ClusterError, Collection, Forbidden, Listing, NotFound

_LATE_NS = 10_000_000_000
_BLIND_AFTER = 2


@dataclass(slots=True)
class Watchfulness:
    """Whether the watches bring what happens: it is lost when two lists in a row each found what no event brought."""

    _open: dict[Found, int] = field(default_factory=dict)  # found by a list, and when; monotonic
    _streak: int = 0

    @property
    def is_blind(self) -> bool:
        """Whether the watches no longer tell what happens."""
        return self._streak >= _BLIND_AFTER

    @property
    def has_missed(self) -> bool:
        """Whether a list has found what no event brought within ten seconds."""
        return self._streak > 0

    def on_event(self, found: Found) -> None:
        """Note that an event about an object came."""
        self._open.pop(found, None)

    def on_lists(self, found: Iterable[Found], now_ns: int) -> None:
        """Note what complete lists found different from all that was known."""
        early = {one: since_ns for one, since_ns in self._open.items() if now_ns - since_ns < _LATE_NS}
        self._streak = self._streak + 1 if len(early) < len(self._open) else 0
        self._open = dict.fromkeys(found, now_ns) | early


@dataclass(slots=True)
class Resync:
    """Lists everything into a Following."""

    cluster: Cluster
    blocking: Blocking
    following: Following
    namespaces: Sequence[str] = ()  # empty: all
    unseen: dict[Collection, str] = field(default_factory=dict)  # why a kind cannot be seen
    trouble: dict[Collection, str] = field(default_factory=dict)  # why its last list failed, whatever the cause

    async def list_all(self) -> set[Found]:
        """List every kind; return what was found different. Whether all were listed is in `trouble`."""
        found: set[Found] = set()
        for names in await asyncio.gather(*(self._list(collection) for collection in WATCHED)):
            found |= names
        return found

    async def probe(self, collection: Collection) -> bool:
        """Whether a kind can be seen now. One that could not be counts as unseen until it is listed."""
        try:
            for namespace in self._namespaces_of(collection):
                await self.blocking(self.cluster.probe, collection, namespace=namespace)
        except ClusterError as error:
            self._note(collection, error)
            return False
        return True

    async def _list(self, collection: Collection) -> set[Found]:
        known_before = self.following.newest(collection)
        try:
            listings = [
                await self.blocking(self.cluster.list_all, collection, namespace=namespace)
                for namespace in self._namespaces_of(collection)
            ]
        except ClusterError as error:
            self._note(collection, error)
            return set()
        self.trouble.pop(collection, None)
        self.unseen.pop(collection, None)
        # Of several lists only what the oldest can tell is certain.
        oldest = min((listing.resource_version for listing in listings), key=int)
        whole = Listing(tuple(stored for listing in listings for stored in listing.items), oldest)
        return self.following.on_list(collection, whole, known_before)

    def _note(self, collection: Collection, error: ClusterError) -> None:
        self.trouble[collection] = str(error)
        if isinstance(error, NotFound | Forbidden):
            self.unseen[collection] = str(error)

    def _namespaces_of(self, collection: Collection) -> Sequence[str]:
        return (self.namespaces if collection.is_namespaced else ()) or ("",)
