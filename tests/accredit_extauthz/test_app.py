"""The whole process, from outside: started as users start it, asked over gRPC and HTTP, stopped by signals."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import grpc
import pytest

from accredit_extauthz.app import FAILED, MISUSED, STOPPED, App, SystemClock, main
from accredit_extauthz.codec.envoy_subset_pb2 import CheckResponse
from accredit_extauthz.settings import parse
from accredit_extauthz.transport.grpcio import SERVICE
from accredit_extauthz.transport.health_pb2 import HealthCheckRequest, HealthCheckResponse
from fakes import scene
from fakes.envoy import check_request
from fakes.shell import document

BOUND_S = 10.0
SOURCES = Path(__file__).parents[2] / "extauthz"
T = TypeVar("T")


def until(found: Callable[[], T | None], what: str) -> T:
    """Wait, not longer than BOUND_S, for a value."""
    pause = threading.Event()
    for _ in range(int(BOUND_S / 0.02)):
        value = found()
        if value:
            return value
        pause.wait(0.02)
    raise AssertionError(f"no {what} within {BOUND_S} s")


class Running:
    """One `python -m accredit_extauthz` in a folder, on free ports."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.snapshot = folder / "published" / "snapshot.json"
        self.audit = folder / "audit.jsonl"
        self._log = folder / "log.jsonl"
        given = ["--listen=127.0.0.1:0", "--http=127.0.0.1:0", f"--snapshot={self.snapshot}"]
        command = [sys.executable, "-m", "accredit_extauthz", *given, f"--audit=file:{self.audit}", *flags]
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCES)}
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=environment)
        self._channel: grpc.Channel | None = None

    def close(self) -> None:
        if self._channel is not None:
            self._channel.close()
        self.process.kill()
        self.process.communicate()

    @property
    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._log.read_bytes().splitlines()]

    def serving(self) -> dict[str, Any]:
        def told() -> dict[str, Any] | None:
            assert self.process.poll() is None, self._log.read_text()
            return next((line for line in self.log if line["message"] == "serving"), None)

        return until(told, "line that says serving")

    def channel(self) -> grpc.Channel:
        if self._channel is None:
            self._channel = grpc.insecure_channel(self.serving()["listen"])
        return self._channel

    def check(self, data: bytes) -> CheckResponse:
        call = self.channel().unary_unary(f"/{SERVICE}/Check")
        return CheckResponse.FromString(call(data, timeout=BOUND_S, wait_for_ready=True))

    def reason(self) -> str:
        return str(self.check(good_request()).dynamic_metadata["reason"])

    def health(self) -> int:
        call = self.channel().unary_unary("/grpc.health.v1.Health/Check")
        answer = call(HealthCheckRequest().SerializeToString(), timeout=BOUND_S, wait_for_ready=True)
        return HealthCheckResponse.FromString(answer).status

    def page(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://{self.serving()['http']}{path}", timeout=BOUND_S) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def publish(self, data: bytes) -> None:
        self.snapshot.parent.mkdir(exist_ok=True)
        fresh = self.snapshot.with_suffix(".new")
        fresh.write_bytes(data)
        fresh.rename(self.snapshot)

    def until_reason(self, reason: str) -> None:
        until(lambda: self.reason() == reason, f"answer {reason}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=BOUND_S)


def good_request() -> bytes:
    now = time.time_ns() // 10**9
    token = scene.IDP.mint(scene.IDP.claims(iat=now - 10, exp=now + 600))
    return check_request(headers={"authorization": f"Bearer {token}"})


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def starting(*flags: str) -> Running:
        folder = tmp_path / str(len(started))
        folder.mkdir()
        started.append(Running(folder, *flags))
        return started[-1]

    yield starting
    for running in started:
        running.close()


def test_without_a_snapshot_it_lives_denies_everything_and_is_not_ready(start):
    running = start()
    assert running.reason() == "snapshot_missing"
    assert running.health() == HealthCheckResponse.NOT_SERVING
    assert (running.page("/healthz")[0], running.page("/readyz")[0]) == (200, 503)
    assert running.stop() == STOPPED


def test_the_life_of_a_replica(start):
    running = start()
    assert running.reason() == "snapshot_missing"

    running.publish(document(1))
    running.until_reason("allowed")
    answer = running.check(good_request())
    told = {option.header.key: option.header.value for option in answer.ok_response.headers}
    assert (told["x-user-uid"], told["x-agent-id"]) == ("alice", "research/planner")
    assert (running.page("/readyz")[0], running.health()) == (200, HealthCheckResponse.SERVING)

    running.publish(b"{")
    until(lambda: "accredit_snapshot_load_failures_total 2.0" in running.page("/metrics")[1], "counted failure")
    assert running.reason() == "allowed"

    running.publish(document(2, agents=(scene.agent(suspended=True),)))
    running.until_reason("agent_suspended")
    running.publish(document(1))
    until(lambda: [line for line in running.log if "ignored" in line["message"]], "line about the older snapshot")
    assert running.reason() == "agent_suspended"

    metrics = running.page("/metrics")[1]
    assert 'accredit_checks_total{decision="allow",namespace="tools",policy="crm",reason="allowed"}' in metrics
    assert "accredit_snapshot_sequence 2.0" in metrics
    assert running.stop() == STOPPED

    records = [json.loads(line) for line in running.audit.read_bytes().splitlines()]
    by_id = {record["decision_id"]: record for record in records}
    assert len(by_id) == len(records)
    assert by_id[answer.dynamic_metadata["decision_id"]]["decision"] == "allow"
    assert {record["reason"] for record in records} == {"snapshot_missing", "allowed", "agent_suspended"}


def test_a_drain_answers_on_and_says_not_serving(start):
    running = start()
    running.publish(document(1))
    running.until_reason("allowed")
    running.process.send_signal(signal.SIGTERM)
    until(lambda: running.health() == HealthCheckResponse.NOT_SERVING, "sign of the drain")
    assert running.reason() == "allowed"
    assert running.page("/readyz")[0] == 503
    assert running.process.wait(timeout=BOUND_S) == STOPPED
    assert [line["message"] for line in running.log][-2:] == ["draining", "stopped"]


def test_what_cannot_be_recorded_is_denied_until_it_can(start):
    running = start()
    running.serving()
    running.audit.unlink()
    running.audit.mkdir()
    running.publish(document(1))
    running.until_reason("audit_unavailable")
    assert running.check(good_request()).denied_response.status.code == 503
    running.audit.rmdir()
    running.until_reason("allowed")


def test_records_go_to_standard_output_when_asked(start):
    running = start("--audit=stdout")
    running.reason()
    running.process.send_signal(signal.SIGINT)
    out, _ = running.process.communicate(timeout=BOUND_S)
    assert [json.loads(line)["reason"] for line in out.splitlines()] == ["snapshot_missing"]
    assert running.process.returncode == STOPPED


def test_without_records_it_says_so_and_answers(start):
    running = start("--audit=none", "--allow-unaudited")
    running.publish(document(1))
    running.until_reason("allowed")
    assert any("no audit record" in line["message"] for line in running.log)


def test_a_unix_socket_is_served_to_its_owner(start, tmp_path):
    path = tmp_path / "check.sock"
    running = start(f"--listen=unix:{path}")
    assert running.reason() == "snapshot_missing"
    assert path.stat().st_mode & 0o777 == 0o600
    assert running.stop() == STOPPED
    assert not path.exists()


@pytest.mark.parametrize("setting", ["--listen", "--http"])
def test_a_port_that_is_taken_is_a_sentence_and_status_1(start, setting):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        running = start(f"{setting}={address}")
        assert running.process.wait(timeout=BOUND_S) == FAILED
    assert any(address in line["message"] for line in running.log if line["level"] == "critical")


def test_a_certificate_that_cannot_be_read_is_a_sentence_and_status_1(start):
    running = start("--tls-cert=/nowhere/tls.crt", "--tls-key=/nowhere/tls.key")
    assert running.process.wait(timeout=BOUND_S) == FAILED
    assert any("/nowhere/tls.crt" in line["message"] for line in running.log if line["level"] == "critical")


def test_a_replica_that_no_longer_follows_its_snapshot_ends_with_status_1(tmp_path):
    flags = [
        "--listen=127.0.0.1:0",
        "--http=127.0.0.1:0",
        f"--snapshot={tmp_path}/s.json",
        f"--audit=file:{tmp_path}/a",
    ]
    app = App(parse(flags, {}))
    statuses: list[int] = []
    running = threading.Thread(target=lambda: statuses.append(app.run()))
    running.start()
    until(lambda: app._source.is_alive, "follower")
    app._source.stop()
    running.join(BOUND_S)
    assert statuses == [FAILED]


def test_a_namespace_outside_of_a_cluster_is_a_sentence_and_status_1(tmp_path, caplog, monkeypatch):
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    flags = ["--namespace=accredit-system", f"--audit=file:{tmp_path}/a"]
    monkeypatch.setattr("accredit_extauthz.observe.log.configure", lambda level: None)  # it would replace caplog's own
    assert main(flags, {}) == FAILED
    assert any("KUBECONFIG" in record.message for record in caplog.records)


def test_wrong_settings_are_told_on_standard_error_with_status_2(capsys):
    assert main(["--audit=none"], {}) == MISUSED
    told = capsys.readouterr().err.splitlines()
    assert [line.partition(" (")[0] for line in told] == [
        "accredit-extauthz: ACCREDIT_SNAPSHOT",
        "accredit-extauthz: ACCREDIT_AUDIT",
    ]


def test_the_clock_is_the_machine_s():
    clock = SystemClock()
    assert abs(clock.now_ns() - time.time_ns()) < 10**9
    assert clock.ticks_ns() <= clock.ticks_ns()
