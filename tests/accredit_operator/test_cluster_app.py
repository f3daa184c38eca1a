"""The process around a leader: it waits for the Lease, ends with it, and gives it back."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from accredit_operator.cluster_app import LEASE_NAME, ClusterOperator, run
from accredit_operator.lease.record import LeaseRecord, lease_document, read_record
from accredit_operator.ports import DECLARED, LEASES
from accredit_operator.settings import SettingRefused, read_settings
from accredit_operator.system import SystemClock
from accredit_operator.world import Kind
from fakes.cluster import FakeCluster
from fakes.leading import HOME, ListLog, Scene, on_loop, until
from fakes.objects import agent, issuer

SETTINGS = read_settings(["--http", "off"], {})


class NoWatches:
    def __init__(self, inbox, namespaces, fell):
        self.inbox = inbox

    def start(self):
        pass

    def restart(self):
        pass

    def stop(self):
        pass


class App:
    """One operator over a fake cluster; `seat` is the Lease."""

    def __init__(self, cluster):
        self.cluster, self.log, self.ended_at_once = cluster, ListLog(), []
        self.operator = ClusterOperator(SETTINGS, cluster, SystemClock(), self.log, NoWatches)
        self.operator._end_at_once = self.ended_at_once.append
        self.stopping = asyncio.Event()

    @asynccontextmanager
    async def served(self):
        task = asyncio.create_task(self.operator._serve(self.stopping))
        try:
            yield task
        finally:
            self.stopping.set()
            await task
            await self.operator._leadership.release()

    def holder(self):
        return read_record(self.cluster.read(LEASES, HOME, LEASE_NAME).document).holder


def seize(cluster, holder):
    cluster.apply(LEASES, lease_document(HOME, LEASE_NAME, LeaseRecord(holder, 15, 1, "x", "x")))


@on_loop
async def test_a_leader_is_ready_once_it_has_published_and_gives_the_lease_back():
    cluster = FakeCluster()
    cluster.apply(DECLARED[Kind.TRUSTED_ISSUER], issuer())
    app = App(cluster)
    async with app.served() as task:
        await until(lambda: app.operator._leader is not None and app.operator._is_ready())
        assert app.holder() == app.operator._identity
        assert app.operator._is_alive()
        app.stopping.set()
        assert await task == 0
    assert app.holder() == ""


@on_loop
async def test_a_standby_is_live_and_ready_and_leaves_the_lease_alone():
    cluster = FakeCluster()
    seize(cluster, "another")
    app = App(cluster)
    async with app.served() as task:
        await until(lambda: any(said.verb == "read" for said in cluster.said))
        assert (app.operator._is_alive(), app.operator._is_ready()) == (True, True)
        app.stopping.set()
        assert await task == 0
    assert app.holder() == "another"


@on_loop
async def test_who_is_fenced_off_ends_with_a_failure():
    cluster = FakeCluster()
    cluster.apply(DECLARED[Kind.TRUSTED_ISSUER], issuer())
    app = App(cluster)
    async with app.served() as task:
        await until(lambda: app.operator._leader is not None and app.operator._is_ready())
        await Scene(cluster, SystemClock(), "successor").publisher().take_over()
        watches = app.operator._leader._watches
        stored = cluster.apply(DECLARED[Kind.AGENT_IDENTITY], agent())
        watches.inbox.put(DECLARED[Kind.AGENT_IDENTITY], stored, is_gone=False)
        assert await task == 1
    assert "publishing is over for this process" in app.log.events()
    assert app.ended_at_once == []


@on_loop
async def test_who_loses_the_lease_ends_at_once():
    cluster = FakeCluster()
    cluster.apply(DECLARED[Kind.TRUSTED_ISSUER], issuer())
    app = App(cluster)
    async with app.served() as task:
        await until(lambda: app.operator._leader is not None and app.operator._is_ready())
        seize(cluster, "another")
        assert await task == 1
    assert len(app.ended_at_once) == 1


@on_loop
async def test_a_mistake_of_its_own_is_said_in_whole():
    app = App(FakeCluster())
    app.operator._new_leader = None
    async with app.served() as task:
        assert await task == 1
    (line,) = [line for line in app.log.lines if line["event"] == "the operator ends by a mistake of its own"]
    assert "Traceback" in line["cause"]


def test_without_a_cluster_it_is_refused_with_a_sentence(tmp_path):
    with pytest.raises(SettingRefused, match="KUBECONFIG"):
        run(SETTINGS, {"KUBECONFIG": str(tmp_path / "missing")})
