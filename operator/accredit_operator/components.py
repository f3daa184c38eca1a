"""The parts of one leader's work, made for each other. No logic of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from accredit_operator.blocking import Blocking
from accredit_operator.cluster_metrics import ClusterMetrics
from accredit_operator.compile.premises import Premises
from accredit_operator.following import Following
from accredit_operator.inbox import Inbox
from accredit_operator.issuer_keys import IssuerKeys
from accredit_operator.keys.store import Fetch
from accredit_operator.lease_sweep import LeaseSweep
from accredit_operator.ledger import Ledger
from accredit_operator.ports import Clock, Cluster, Log
from accredit_operator.publisher import Publisher, Publishing
from accredit_operator.resync import Resync
from accredit_operator.status_writer import StatusWriter, StatusWriting
from accredit_operator.world import ObjectKey

_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a leader is given."""

    cluster: Cluster
    clock: Clock
    log: Log
    metrics: ClusterMetrics
    premises: Premises
    namespace: str
    identity: str
    watched: Sequence[str]  # namespaces; empty: all
    resync_s: float
    fetch: Fetch
    is_leading: Callable[[], bool]

    def now(self) -> int:
        """Return Unix seconds."""
        return self.clock.now_ns() // _NS_PER_S


@dataclass(frozen=True, slots=True)
class Components:
    """One leader's parts. `looking`, `telling` and `publishing` are threads: none holds up another."""

    surroundings: Surroundings
    looking: Blocking
    telling: Blocking
    publishing: Blocking
    inbox: Inbox
    following: Following
    resync: Resync
    lease_sweep: LeaseSweep
    publisher: Publisher
    keys: IssuerKeys
    ledger: Ledger
    status_writer: StatusWriter

    async def close(self) -> None:
        """Take no more work, and return when nothing is being published any more."""
        await self.keys.close()
        self.looking.close()
        self.telling.close()
        await self.publishing.finish()


def build_components(surroundings: Surroundings) -> Components:
    """Return the parts, on the running loop."""
    looking, telling, publishing = Blocking("look"), Blocking("status"), Blocking("publish")
    inbox, following = Inbox(surroundings.clock), Following()

    def keys_changed(key: ObjectKey) -> None:
        inbox.ask()
        status_writer.mark(key)

    keys = IssuerKeys(surroundings.fetch, surroundings.clock, keys_changed, surroundings.metrics.keys_refreshed)
    ledger = Ledger(following, keys.report)
    status_writer = StatusWriter(
        StatusWriting(
            cluster=surroundings.cluster,
            clock=surroundings.clock,
            log=surroundings.log,
            blocking=telling,
            following=following,
            occasion=lambda key: ledger.occasion(key, surroundings.now()),
            written=surroundings.metrics.show_status,
            is_leading=surroundings.is_leading,
        )
    )
    return Components(
        surroundings=surroundings,
        looking=looking,
        telling=telling,
        publishing=publishing,
        inbox=inbox,
        following=following,
        resync=Resync(surroundings.cluster, looking, following, surroundings.watched),
        lease_sweep=LeaseSweep(
            cluster=surroundings.cluster,
            clock=surroundings.clock,
            log=surroundings.log,
            namespace=surroundings.namespace,
            is_leading=surroundings.is_leading,
            blocking=looking,
        ),
        publisher=Publisher(
            Publishing(
                cluster=surroundings.cluster,
                clock=surroundings.clock,
                log=surroundings.log,
                namespace=surroundings.namespace,
                identity=surroundings.identity,
                is_leading=surroundings.is_leading,
                blocking=publishing,
            )
        ),
        keys=keys,
        ledger=ledger,
        status_writer=status_writer,
    )
