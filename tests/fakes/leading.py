"""What the tests of a leader share: an event loop for a test, a log, a publisher and components over a fake cluster."""

import asyncio
import functools
from dataclasses import dataclass, field

from accredit_extauthz.contract.publication import FORMAT, PART, REPLICA, SEQUENCE, UNKNOWN_KEYS
from accredit_operator.blocking import Blocking
from accredit_operator.cluster_metrics import ClusterMetrics
from accredit_operator.compile.premises import HostClaims, Premises
from accredit_operator.components import Surroundings, build_components
from accredit_operator.keys.unfetched import Unfetched
from accredit_operator.ports import LEASES
from accredit_operator.publisher import Publisher, Publishing
from fakes.clock import FakeClock
from fakes.cluster import FakeCluster

HOME = "accredit-system"
PREMISES = Premises(host_claims=HostClaims.GRANTED, staleness_known=True)


def on_loop(test):
    """Run an async test, for ten seconds at most."""

    @functools.wraps(test)
    def run(*arguments, **options):
        async def bounded():
            async with asyncio.timeout(10):
                await test(*arguments, **options)

        asyncio.run(bounded())

    return run


@dataclass
class ListLog:
    lines: list[dict] = field(default_factory=list)

    def say(self, level, event, **fields):
        self.lines.append({"level": level, "event": event, **fields})

    def events(self):
        return [line["event"] for line in self.lines]


@dataclass
class FakeLeadership:
    """Whether this process leads."""

    is_held: bool = True

    def __call__(self):
        return self.is_held


async def nothing_is_fetched(source):
    raise Unfetched(source.issuer, "nobody is there", "wait")


class Scene:
    """A fake cluster, a clock, a log, and what is opened over them. To be made on a loop."""

    def __init__(self, cluster=None, clock=None, identity="me", fetch=nothing_is_fetched):
        self.cluster = cluster or FakeCluster()
        self.clock = clock or FakeClock()
        self.log, self.leadership = ListLog(), FakeLeadership()
        self.identity, self.fetch = identity, fetch
        self.metrics = ClusterMetrics("test")

    def publisher(self):
        return Publisher(
            Publishing(self.cluster, self.clock, self.log, HOME, self.identity, self.leadership, Blocking("test"))
        )

    def components(self):
        return build_components(
            Surroundings(
                cluster=self.cluster,
                clock=self.clock,
                log=self.log,
                metrics=self.metrics,
                premises=PREMISES,
                namespace=HOME,
                identity=self.identity,
                watched=(),
                resync_s=30,
                fetch=self.fetch,
                is_leading=self.leadership,
            )
        )


def replica_lease(name, sequence, *, renewed="1", format_="1", unknown=None):
    """The Lease of a replica; `renewed` is anything that differs at each renewal."""
    annotations = {SEQUENCE: str(sequence), FORMAT: format_, **({UNKNOWN_KEYS: unknown} if unknown else {})}
    return {
        "apiVersion": LEASES.api_version,
        "kind": LEASES.kind,
        "metadata": {"namespace": HOME, "name": name, "labels": {PART: REPLICA}, "annotations": annotations},
        "spec": {"holderIdentity": name, "renewTime": renewed},
    }


async def until(done):
    """Return once it holds; the test's own limit ends it otherwise."""
    while True:
        if done():
            return
        await asyncio.sleep(0.002)
