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
from accredit_operator.ledger import Ledger
from accredit_operator.ports import Clock, Cluster, Log
from accredit_operator.publisher import Publisher, Publishing
from accredit_operator.resync import Resync
from accredit_operator.status_desk import Desking, StatusDesk
from accredit_operator.world import ObjectKey

_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Realm:
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
class Offices:
    """One leader's parts. `looking`, `telling` and `publishing` are threads: none holds up another."""

    realm: Realm
    looking: Blocking
    telling: Blocking
    publishing: Blocking
    inbox: Inbox
    following: Following
    resync: Resync
    publisher: Publisher
    keys: IssuerKeys
    ledger: Ledger
    desk: StatusDesk

    async def close(self) -> None:
        """Take no more work, and return when nothing is being published any more."""
        await self.keys.close()
        self.looking.close()
        self.telling.close()
        await self.publishing.finish()


def open_offices(realm: Realm) -> Offices:
    """Return the parts, on the running loop."""
    looking, telling, publishing = Blocking("look"), Blocking("status"), Blocking("publish")
    inbox, following = Inbox(realm.clock), Following()

    def keys_changed(key: ObjectKey) -> None:
        inbox.ask()
        desk.mark(key)

    keys = IssuerKeys(realm.fetch, realm.clock, keys_changed, realm.metrics.keys_refreshed)
    ledger = Ledger(following, keys.report)
    desk = StatusDesk(
        Desking(
            cluster=realm.cluster,
            clock=realm.clock,
            log=realm.log,
            blocking=telling,
            following=following,
            occasion=lambda key: ledger.occasion(key, realm.now()),
            written=realm.metrics.show_status,
            is_leading=realm.is_leading,
        )
    )
    return Offices(
        realm=realm,
        looking=looking,
        telling=telling,
        publishing=publishing,
        inbox=inbox,
        following=following,
        resync=Resync(realm.cluster, looking, following, realm.watched),
        publisher=Publisher(
            Publishing(
                cluster=realm.cluster,
                clock=realm.clock,
                log=realm.log,
                namespace=realm.namespace,
                identity=realm.identity,
                is_leading=realm.is_leading,
                blocking=publishing,
            )
        ),
        keys=keys,
        ledger=ledger,
        desk=desk,
    )
