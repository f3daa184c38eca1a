import json
import logging
import threading
from collections.abc import Callable, Iterator
from random import Random

import pytest

from accredit_extauthz.contract.publication import FORMAT as FORMAT_ANNOTATION
from accredit_extauthz.contract.publication import PART, REPLICA, SEQUENCE, UNKNOWN_KEYS
from accredit_extauthz.contract.snapshot import FORMAT
from accredit_extauthz.serve.holder import Holder
from accredit_extauthz.source.api_server import ApiServer
from accredit_extauthz.source.backoff import Backoff
from accredit_extauthz.source.ports import Access
from accredit_extauthz.source.replica_lease import ReplicaLease, Report, Reporting, lease_name, lease_object
from fakes import api_server, scene
from fakes.api_server import LEASE, FakeApiServer
from fakes.issuer import NOW
from fakes.shell import FakeClock

BOUND_S = 5.0
NAME = lease_name("pod-1")


class Reported:
    def __init__(self, api: FakeApiServer) -> None:
        self.api = api
        self.clock = FakeClock()
        self.holder = Holder(self.clock)
        self.unknown: dict[str, str] = {}
        self.lease = ReplicaLease(
            Reporting(
                api=ApiServer(Access(server=api.url, token=lambda: None)),
                namespace="ns",
                identity="pod-1",
                holder=self.holder,
                clock=self.clock,
                backoff=Backoff(0.01, 0.02, Random(1)),
                unknown_keys=lambda now: self.unknown if now == NOW else {},
            )
        )

    def serve(self, sequence: int) -> None:
        self.holder.swap(scene.view(sequence=sequence))
        self.lease.wake()

    def annotation(self, name: str = SEQUENCE) -> str | None:
        found = self.api.leases.get(NAME)
        return None if found is None else found["metadata"]["annotations"].get(name)

    def until(self, found: Callable[[], object], what: str) -> None:
        pause = threading.Event()
        for _ in range(int(BOUND_S / 0.01)):
            if found():
                return
            pause.wait(0.01)
        raise AssertionError(f"no {what} within {BOUND_S} s: {self.api.leases}")


@pytest.fixture
def reported() -> Iterator[Reported]:
    with FakeApiServer() as api:
        started = Reported(api)
        started.lease.start()
        yield started
        started.lease.stop()


def test_a_replica_that_serves_nothing_says_so_and_each_swap_at_once(reported):
    reported.until(lambda: reported.annotation() == "0", "first report")
    reported.serve(7)
    reported.until(lambda: reported.annotation() == "7", "report of 7")
    reported.serve(8)
    reported.until(lambda: reported.annotation() == "8", "report of 8")
    assert reported.annotation(FORMAT_ANNOTATION) == str(FORMAT)
    assert reported.annotation(UNKNOWN_KEYS) is None


def test_unknown_keys_are_reported(reported):
    reported.until(lambda: reported.annotation() == "0", "first report")
    reported.unknown["corp"] = 'k"9\ud800'
    reported.lease.wake()
    reported.until(lambda: reported.annotation(UNKNOWN_KEYS), "unknown key")
    assert json.loads(reported.annotation(UNKNOWN_KEYS) or "") == {"corp": 'k"9\ud800'}


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(api_server.refused(500), id="500"),
        pytest.param(api_server.refused(403), id="403"),
        pytest.param(api_server.refused(409), id="409"),
        pytest.param(api_server.refused(404), id="404"),
        pytest.param(api_server.reset, id="a reset"),
        pytest.param(lambda handler: handler.answer_json(200, b"[]"), id="another JSON"),
    ],
)
def test_a_report_that_fails_is_made_again(reported, caplog, answer):
    reported.until(lambda: reported.annotation() == "0", "first report")
    reported.api.next(LEASE, answer, times=3)
    reported.serve(7)
    reported.until(lambda: reported.annotation() == "7", "report")
    assert len([record for record in caplog.records if record.levelno == logging.WARNING]) <= 1


def test_a_lease_that_someone_deleted_or_changed_is_written_again(reported):
    reported.until(lambda: reported.annotation() == "0", "first report")
    del reported.api.leases[NAME]
    reported.serve(7)
    reported.until(lambda: reported.annotation() == "7", "report")
    reported.api.leases[NAME]["metadata"]["resourceVersion"] = "90"
    reported.serve(8)
    reported.until(lambda: reported.annotation() == "8", "report")


def test_a_replica_that_stops_is_no_replica_any_more():
    with FakeApiServer() as api:
        started = Reported(api)
        started.lease.start()
        started.until(lambda: started.annotation() == "0", "first report")
        assert api.leases[NAME]["metadata"]["labels"] == {PART: REPLICA}
        started.lease.stop()
        assert not started.lease.is_alive
        assert api.leases[NAME]["metadata"]["labels"] == {}
        assert api.leases[NAME]["spec"]["holderIdentity"] == ""


def test_a_lease_is_what_kubernetes_calls_one():
    report = Report(identity="pod-1", sequence=7, unknown_keys={}, now_ns=NOW * 10**9 + 1_500_000, is_leaving=False)
    lease = lease_object(report, "ns", "12")
    assert lease["metadata"]["resourceVersion"] == "12"
    assert lease["metadata"]["namespace"] == "ns"
    assert lease["spec"]["holderIdentity"] == "pod-1"
    assert lease["spec"]["renewTime"].endswith(".001500Z")
    assert "resourceVersion" not in lease_object(report, "ns", None)["metadata"]


@pytest.mark.parametrize(
    ("identity", "name"),
    [
        pytest.param("pod-1", "accredit-extauthz-pod-1", id="a pod's name"),
        pytest.param("My_Host.local", "accredit-extauthz-my-host.local", id="a host's name"),
        pytest.param("-x-", "accredit-extauthz-x", id="dashes at its ends"),
        pytest.param("a" * 250, "accredit-extauthz-" + "a" * 200, id="a name that is too long"),
    ],
)
def test_every_identity_has_a_name_that_kubernetes_accepts(identity, name):
    assert lease_name(identity) == name
