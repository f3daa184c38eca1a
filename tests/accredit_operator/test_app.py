"""The operator as a process: files in, a followed snapshot out."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import yaml

from accredit_extauthz.contract.codec import decode_document
from accredit_operator import __main__, app
from fakes.objects import agent, issuer, policy

ROOT = Path(__file__).parents[2]
WITHIN_S = 20


def wait_for(condition, what):
    """Poll until `condition` returns something true, and return it."""
    deadline = time.monotonic() + WITHIN_S
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what} did not happen within {WITHIN_S} s"
        time.sleep(0.01)
    return found


class Running:
    """An operator process over a folder."""

    def __init__(self, root):
        self.folder, self.snapshot, self.log_file = root / "manifests", root / "snapshot.json", root / "log"
        self.folder.mkdir(exist_ok=True)
        self.process = None

    def start(self, http="127.0.0.1:0"):
        command = [sys.executable, "-m", "accredit_operator", "--manifests", self.folder, "--publish", self.snapshot]
        environment = {
            **os.environ,
            "PYTHONPATH": f"{ROOT / 'operator'}:{ROOT / 'extauthz'}",
            "ACCREDIT_HTTP": http,
        }
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(command, env=environment, stderr=log)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WITHIN_S)

    def write(self, name, *documents):
        temporary = self.folder / f".{name}.tmp"
        temporary.write_text(yaml.safe_dump_all(documents))
        temporary.replace(self.folder / name)

    def read(self):
        return decode_document(self.snapshot.read_bytes()) if self.snapshot.exists() else None

    def log(self, event):
        """The log lines of an event."""
        lines = [json.loads(line) for line in self.log_file.read_text().splitlines() if line.endswith("}")]
        return [line for line in lines if line["event"].startswith(event)]

    def wait_for_snapshot(self, condition, what):
        return wait_for(lambda: (snapshot := self.read()) and condition(snapshot) and snapshot, what)

    def ask(self, path):
        (listening,) = wait_for(lambda: self.log("listening"), "the address")
        try:
            with urllib.request.urlopen(f"http://{listening['http']}{path}", timeout=5) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, ""


@pytest.fixture
def running(tmp_path):
    running = Running(tmp_path)
    yield running
    if running.process and running.process.poll() is None:
        running.process.kill()
        running.process.wait()


def is_suspended(snapshot):
    return [record.suspended for record in snapshot.agents] == [True]


def test_the_snapshot_follows_the_files(running):
    running.write("all.yaml", issuer(), agent(), policy())
    running.start()
    first = running.wait_for_snapshot(lambda snapshot: snapshot.agents, "the first snapshot")

    running.write("all.yaml", issuer(), agent(suspended=True), policy())
    second = running.wait_for_snapshot(is_suspended, "the suspension")
    assert second.sequence > first.sequence

    (running.folder / "broken.yaml").write_text("a: 1\nb: [")
    running.write("all.yaml", issuer(), agent(), policy())
    (fault,) = wait_for(lambda: running.log("the manifests cannot be read"), "the complaint")
    assert fault["cause"].startswith(f"{running.folder / 'broken.yaml'}:2: ")
    assert is_suspended(running.read())

    (running.folder / "broken.yaml").unlink()
    running.wait_for_snapshot(lambda snapshot: not is_suspended(snapshot), "the recovery")

    (running.folder / "sub").mkdir()
    (running.folder / "sub" / "more.yaml").write_text(yaml.safe_dump(agent("more")))
    running.wait_for_snapshot(lambda snapshot: len(snapshot.agents) == 2, "the new folder")

    running.write("all.yaml", issuer())
    running.wait_for_snapshot(lambda snapshot: len(snapshot.agents) == 1, "the deletion")

    assert running.stop() == 0
    assert running.log("stopped")


def test_a_restart_serves_on_from_what_is_published(running):
    running.write("all.yaml", issuer(), agent())
    running.start()
    before = running.wait_for_snapshot(lambda snapshot: snapshot.agents, "the first snapshot")
    assert running.stop() == 0
    running.write("all.yaml", issuer(), agent(suspended=True))
    running.start()
    after = running.wait_for_snapshot(is_suspended, "the change made meanwhile")
    assert after.sequence > before.sequence


def test_a_folder_that_does_not_exist_yet_is_waited_for(running):
    running.folder.rmdir()
    running.start()
    wait_for(lambda: running.log("the manifests cannot be read"), "the complaint")
    assert running.ask("/readyz")[0] == 503
    assert not running.snapshot.exists()
    running.folder.mkdir()
    running.write("all.yaml", issuer(), agent())
    running.wait_for_snapshot(lambda snapshot: snapshot.agents, "the snapshot")
    wait_for(lambda: running.ask("/readyz")[0] == 200, "readiness")


def test_it_can_be_probed_and_scraped(running):
    running.write("all.yaml", issuer(), agent())
    running.start()
    running.wait_for_snapshot(lambda snapshot: snapshot.agents, "the snapshot")
    assert running.ask("/healthz")[0] == 200
    reconciled = 'accredit_reconcile_total{kind="Manifests",result="success"} 1.0'
    status, text = wait_for(lambda: (found := running.ask("/metrics")) and reconciled in found[1] and found, "metrics")
    assert status == 200
    assert 'accredit_resource_ready{kind="AgentIdentity",name="planner",namespace="research"} 1.0' in text


def test_it_runs_without_an_address(running):
    running.write("all.yaml", issuer(), agent())
    running.start(http="off")
    running.wait_for_snapshot(lambda snapshot: snapshot.agents, "the snapshot")
    assert running.stop() == 0
    assert not running.log("listening")


def test_settings_that_are_wrong_are_a_usage_error(capsys):
    assert app.main(["--manifests", "x"], {}) == 2
    assert "--publish" in capsys.readouterr().err


def test_an_address_that_is_taken_is_told(tmp_path, running, capsys):
    running.start()
    (listening,) = wait_for(lambda: running.log("listening"), "the address")
    arguments = ["--manifests", str(tmp_path), "--publish", str(tmp_path / "other.json"), "--http", listening["http"]]
    assert app.main(arguments, {}) == 2
    assert listening["http"] in capsys.readouterr().err


def test_the_command_takes_its_arguments_from_the_process(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["accredit-operator", "--help"])
    with pytest.raises(SystemExit) as stopped:
        __main__.main()
    assert stopped.value.code == 0
    assert "--publish" in capsys.readouterr().out
