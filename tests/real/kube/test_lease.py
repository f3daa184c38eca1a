"""Two processes and one Lease on a real API server: handed over, killed, paused, cut off."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from accredit_operator.lease import Terms
from accredit_operator.lease.record import read_record
from accredit_operator.ports import LEASES
from real.kube.admin import NAMESPACE

BRISK = Terms(3, 2.0, 0.5)
HOLDER = Path(__file__).with_name("lease_holder.py")


class Holder:
    """One process that wants to lead."""

    def __init__(self, kubeconfig, terms=BRISK):
        times = [str(terms.duration_s), str(terms.renew_within_s), str(terms.retry_s)]
        self._process = subprocess.Popen(
            [sys.executable, str(HOLDER), *times],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "KUBECONFIG": str(kubeconfig)},
        )
        self.identity = self.says().removeprefix("identity ")

    def says(self):
        """Wait for the next line, and return it."""
        return self._process.stdout.readline().strip()

    def signal(self, number):
        self._process.send_signal(number)

    def end(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


@pytest.fixture
def holder(clean, operator_kubeconfig):
    started = []

    def start(terms=BRISK, kubeconfig=operator_kubeconfig):
        started.append(Holder(kubeconfig, terms))
        return started[-1]

    yield start
    for one in started:
        one.end()


@pytest.fixture
def record(cluster):
    return lambda: read_record(cluster.read(LEASES, NAMESPACE, "accredit-operator").document)


def test_a_released_lease_is_taken_over_long_before_it_would_expire(holder, record):
    first = holder(Terms())
    assert first.says() == "leading"
    second = holder(Terms())
    first.signal(signal.SIGTERM)
    assert first.says() == "released"
    began = time.monotonic()
    assert second.says() == "leading"
    assert time.monotonic() - began < Terms().duration_s / 2
    assert (record().holder, record().transitions) == (second.identity, 1)


def test_the_lease_of_a_killed_leader_is_taken_over_after_its_duration_and_not_before(holder, record):
    first = holder()
    assert first.says() == "leading"
    second = holder()
    first.signal(signal.SIGKILL)
    began = time.monotonic()
    assert second.says() == "leading"
    assert 2.4 < time.monotonic() - began < 20  # the last renewal was up to half a second before the kill
    assert record().holder == second.identity


def test_a_leader_that_was_paused_past_its_lease_ends_and_writes_nothing(holder, record):
    first = holder()
    assert first.says() == "leading"
    second = holder()
    first.signal(signal.SIGSTOP)
    assert second.says() == "leading"
    first.signal(signal.SIGCONT)
    assert first.says() == "lost"
    assert (record().holder, record().transitions) == (second.identity, 1)


def test_a_leader_that_was_paused_for_less_than_its_deadline_leads_on(holder, record):
    first = holder(Terms())
    assert first.says() == "leading"
    first.signal(signal.SIGSTOP)
    time.sleep(1)
    first.signal(signal.SIGCONT)
    before = record().renewed_at
    deadline = time.monotonic() + 10
    while record().renewed_at == before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert (record().holder, record().renewed_at > before) == (first.identity, True)


def test_a_leader_outlives_a_restart_of_the_api_server(holder, record, control_plane):
    first = holder(Terms())
    assert first.says() == "leading"
    with control_plane.api_server_down():
        pass
    before = record().renewed_at
    deadline = time.monotonic() + 10
    while record().renewed_at == before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert (record().holder, record().renewed_at > before, record().transitions) == (first.identity, True, 0)


@pytest.mark.parametrize("fault", ["cut", "stalled"])
def test_a_leader_that_is_cut_off_ends_before_another_leads(holder, kube, fault_proxy, tmp_path, fault):
    server = f"https://127.0.0.1:{fault_proxy.port}"
    path = kube.write_kubeconfig(tmp_path / "kubeconfig", NAMESPACE, "accredit-operator", server=server)
    first = holder(kubeconfig=path)
    assert first.says() == "leading"
    second = holder()
    with getattr(fault_proxy, fault)():
        assert first.says() == "lost"
        lost_at = time.monotonic()
        assert second.says() == "leading"
        assert time.monotonic() - lost_at > 0.3
