"""Replicas that follow a publication on a real API server, under the data plane's own role."""

import contextlib
import itertools
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from accredit_extauthz.app import SystemClock
from accredit_extauthz.contract.codec import encode_head
from accredit_extauthz.contract.names import AgentRef
from accredit_extauthz.contract.publication import FORMAT, HEAD_NAME, PART, REPLICA, SEQUENCE, UNKNOWN_KEYS
from accredit_extauthz.contract.snapshot import Head, Shard
from accredit_extauthz.decide.view import Deployment, build
from accredit_extauthz.serve.holder import Holder
from accredit_extauthz.serve.unknown_keys import UnknownKeys
from accredit_extauthz.source.kubernetes import KubernetesSource, Replica, find_access
from accredit_extauthz.source.replica_lease import lease_name
from fakes import scene
from fakes.publication import flipped, publication
from real.kube.admin import Answer
from real.kube.hand import Hand

NAMESPACE = "accredit-system"
SOURCES = Path(__file__).parents[3] / "extauthz"
_LEASES = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases"
_sequences = itertools.count(1)


class Follows:
    """One replica: a source and what it serves, with the time of each swap."""

    def __init__(self, identity: str, kubeconfig: Path) -> None:
        self.identity = identity
        clock = SystemClock()
        self.holder = Holder(clock)
        self.unknown_keys = UnknownKeys()
        self.swapped_at: dict[int, float] = {}
        access = find_access({"KUBECONFIG": str(kubeconfig)})
        replica = Replica(NAMESPACE, identity)
        self.source = KubernetesSource(replica, self.holder, self._build, clock, self.unknown_keys, access)

    def _build(self, snapshot):
        view = build(snapshot, Deployment())
        self.swapped_at[snapshot.sequence] = time.monotonic()  # the swap is the assignment that follows
        return view

    @property
    def sequence(self) -> int:
        return 0 if self.holder.current is None else self.holder.current.sequence


@pytest.fixture
def hand(kube, clean):
    return Hand(kube, NAMESPACE)


@pytest.fixture
def replicas(extauthz_kubeconfig, hand):
    followed = [Follows(f"replica-{number}", extauthz_kubeconfig) for number in (1, 2)]
    for each in followed:
        each.source.start()
    yield followed
    for each in followed:
        each.source.stop()


def until(found: Callable[[], object], what: str, within_s: float = 10.0) -> float:
    """Return how long it took, in seconds."""
    begun_at = time.monotonic()
    pause = threading.Event()
    while time.monotonic() - begun_at < within_s:
        if found():
            return time.monotonic() - begun_at
        pause.wait(0.005)
    raise AssertionError(f"no {what} within {within_s} s")


def until_served(replicas, sequence: int, within_s: float = 10.0) -> float:
    return until(lambda: all(each.sequence == sequence for each in replicas), f"sequence {sequence}", within_s)


def fresh():
    """A publication with a sequence above all before."""
    return publication(next(_sequences))


def lease(kube, identity):
    return kube.request("GET", f"{_LEASES}/{lease_name(identity)}")


def reported(kube, identity, name=SEQUENCE):
    try:
        return lease(kube, identity)["metadata"]["annotations"].get(name)
    except Answer:
        return None


def test_a_change_is_served_at_two_replicas_at_once(hand, replicas):
    """With as much beside it as a large publication has: 256 shards of about 20 KB."""
    until(lambda: all(each.source.is_alive for each in replicas), "life")
    bulk = {
        f"{number:02x}": Shard(
            agents=tuple(scene.agent(f"a-{number}-{i}", ref=AgentRef("bulk", f"a-{number}-{i}")) for i in range(100))
        )
        for number in range(256)
    }
    sequence = next(_sequences)
    whole = publication(sequence, bulk)
    hand.publish(whole)
    until_served(replicas, sequence, 20.0)
    waits_ms = []
    for _ in range(12):
        changed = fresh()
        head = Head(
            writer="hand", sequence=changed.sequence, format=1, shards={**whole.head.shards, **changed.head.shards}
        )
        for name, content in changed.shards.items():
            hand.write_shard(name, content)
        begun_at = time.monotonic()
        hand.write(HEAD_NAME, encode_head(head))
        until_served(replicas, changed.sequence)
        waits_ms += [(each.swapped_at[changed.sequence] - begun_at) * 1000 for each in replicas]
    waits_ms.sort()
    p50, p99 = statistics.median(waits_ms), waits_ms[int(len(waits_ms) * 0.99)]
    sys.stderr.write(f"\nPUT of the head -> swap, 25,600 agents: p50 {p50:.0f} ms, p99 {p99:.0f} ms\n")
    assert all(each.holder.load_failures <= 1 for each in replicas)  # one: nothing was published when they began


def test_a_replica_reports_what_it_serves_and_is_gone_when_it_stops(kube, hand, extauthz_kubeconfig):
    alone = Follows("Replica_Three", extauthz_kubeconfig)
    alone.source.start()
    try:
        until(lambda: reported(kube, alone.identity) == "0", "report of serving nothing")
        published = fresh()
        hand.publish(published)
        took_s = until(lambda: reported(kube, alone.identity) == str(published.sequence), "report")
        assert took_s < 2.0, "at once, not with the next renewal"
        found = lease(kube, alone.identity)
        assert found["metadata"]["labels"] == {PART: REPLICA}
        assert found["metadata"]["annotations"][FORMAT] == "1"
        assert found["spec"]["holderIdentity"] == alone.identity
        alone.unknown_keys.note("corp", "k9", SystemClock().now_ns() // 10**9)
        until(lambda: reported(kube, alone.identity, UNKNOWN_KEYS) == '{"corp": "k9"}', "unknown key", 2.0)
    finally:
        alone.source.stop()
    labelled = kube.request("GET", f"{_LEASES}?labelSelector={PART}%3D{REPLICA}")["items"]
    assert alone.identity not in [found["spec"].get("holderIdentity") for found in labelled]


def test_what_is_broken_is_never_served(hand, replicas):
    good, broken = fresh(), fresh()
    hand.publish(good)
    until_served(replicas, good.sequence)

    hand.delete(HEAD_NAME)
    name = next(name for name in broken.shards if "-00-" in name)
    for shard, content in broken.shards.items():
        hand.write_shard(shard, flipped(content) if shard == name else content)
    hand.write(HEAD_NAME, broken.contents()[HEAD_NAME])
    hand.beat(broken.sequence)
    until(lambda: all(each.holder.load_failures >= 2 for each in replicas), "failures")
    assert [each.sequence for each in replicas] == [good.sequence] * 2

    hand.write(HEAD_NAME, good.contents()[HEAD_NAME])
    for shard in good.shards:
        hand.delete(shard)
    newer = fresh()
    hand.publish(newer)
    until_served(replicas, newer.sequence)

    hand.write(HEAD_NAME, good.contents()[HEAD_NAME])  # restored
    hand.beat(good.sequence)
    newest = fresh()
    hand.publish(newest)
    until_served(replicas, newest.sequence)
    assert good.sequence not in [sequence for each in replicas for sequence in list(each.swapped_at)[1:]]


def test_an_api_server_that_is_killed_and_comes_back_changes_nothing_but_time(control_plane, hand, replicas):
    before, after = fresh(), fresh()
    hand.publish(before)
    until_served(replicas, before.sequence)
    with control_plane.api_server_down():
        time.sleep(3)  # an outage that lasts
        assert [each.sequence for each in replicas] == [before.sequence] * 2
        assert all(each.source.is_alive for each in replicas)
    hand.publish(after)
    took_s = until_served(replicas, after.sequence, 15.0)
    sys.stderr.write(f"\nafter the API server came back: {took_s:.1f} s\n")


def test_a_history_that_is_gone_is_listed_anew(control_plane, kube, hand, replicas):
    before, after = fresh(), fresh()
    hand.publish(before)
    until_served(replicas, before.sequence)
    control_plane.forget_history()
    hand.publish(after)
    until_served(replicas, after.sequence, 15.0)
    until(lambda: all(reported(kube, each.identity) == str(after.sequence) for each in replicas), "reports")


def test_a_watch_that_swallows_everything_is_found_out(kube, hand, fault_proxy, tmp_path):
    server = f"https://127.0.0.1:{fault_proxy.port}"
    kubeconfig = kube.write_kubeconfig(tmp_path / "proxied", NAMESPACE, "accredit-extauthz", server=server)
    behind = Follows("behind-a-proxy", kubeconfig)
    before, after = fresh(), fresh()
    hand.publish(before)
    behind.source.start()
    try:
        until_served([behind], before.sequence)
        hand.beat(before.sequence)
        with fault_proxy.stalled():
            hand.publish(after)
            time.sleep(4)
            assert behind.sequence == before.sequence
        until_served([behind], after.sequence, 20.0)
        with fault_proxy.cut():
            time.sleep(1)
        last = fresh()
        hand.publish(last)
        until_served([behind], last.sequence, 10.0)
    finally:
        behind.source.stop()


def test_the_program_itself_follows_a_namespace(kube, hand, extauthz_kubeconfig, tmp_path):
    log = tmp_path / "log"
    port = _free_port()
    flags = ["--listen=127.0.0.1:0", f"--http=127.0.0.1:{port}", f"--audit=file:{tmp_path}/audit"]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(SOURCES),
        "KUBECONFIG": str(extauthz_kubeconfig),
        "ACCREDIT_NAMESPACE": NAMESPACE,
        "ACCREDIT_POD_NAME": "the-program",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "accredit_extauthz", *flags], stderr=output, stdout=output, env=environment
        )
    try:
        until(lambda: _status(f"http://127.0.0.1:{port}/readyz") == 503, "answer")
        published = fresh()
        hand.publish(published)
        until(lambda: _status(f"http://127.0.0.1:{port}/readyz") == 200, "readiness")
        until(lambda: reported(kube, "the-program") == str(published.sequence), "report")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=15) == 0, log.read_text()
        assert lease(kube, "the-program")["metadata"].get("labels") is None
    finally:
        process.kill()
        process.wait()


def _status(url: str) -> int | None:
    with contextlib.suppress(OSError):
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code
    return None


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
