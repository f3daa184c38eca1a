"""Removes the Leases of replicas that are gone: pods come and go, and none of them may delete a Lease."""

from collections.abc import Callable
from dataclasses import dataclass, field

from accredit_operator.blocking import Blocking
from accredit_operator.ports import LEASES, Clock, Cluster, Conflict, Log, NotFound, Stored
from accredit_operator.replicas import Roll, abandoned, call_roll, is_of_replica

_NS_PER_S = 1_000_000_000


@dataclass(slots=True)
class LeaseSweep:
    """Looks at the replicas' Leases now and then. Lives on one loop."""

    cluster: Cluster
    clock: Clock
    log: Log
    namespace: str
    is_leading: Callable[[], bool]
    blocking: Blocking
    _roll: Roll = field(default_factory=Roll)

    async def sweep(self) -> None:
        """Remove each Lease that has not changed since an earlier look and is older than an hour. Raises ClusterError.

        Nothing is removed that has changed since it was read: a replica that came back keeps its Lease.
        """
        listing = await self.blocking(self.cluster.list_all, LEASES, namespace=self.namespace)
        leases = tuple(filter(is_of_replica, listing.items))
        self._roll = call_roll(self._roll, leases, self.clock.ticks_ns())
        for lease in abandoned(self._roll, leases, self.clock.now_ns() // _NS_PER_S):
            if self.is_leading():
                await self._remove(lease)

    async def _remove(self, lease: Stored) -> None:
        try:
            await self.blocking(
                self.cluster.delete,
                LEASES,
                self.namespace,
                lease.name,
                uid=lease.uid,
                resource_version=lease.resource_version,
            )
        except (Conflict, NotFound):
            return
        self.log.say("info", "the Lease of a replica that is gone was removed", lease=lease.name)
