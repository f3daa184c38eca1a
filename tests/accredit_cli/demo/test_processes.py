"""Processes are waited for, and none is left behind."""

import os
import signal
import subprocess
import sys
import time

import pytest

from accredit_cli.demo.processes import StackFailed, Supervisor

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN_PROGRAM = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])
print(child.pid, flush=True)
time.sleep(60)
"""
STUBBORN = [sys.executable, "-c", STUBBORN_PROGRAM]


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # A zombie that its new parent has not yet collected is as good as gone.
    with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123 -- not a path of ours
        return stat.read().rpartition(")")[2].split()[0] == "Z"


def eventually(holds, within_s=10.0):
    deadline = time.monotonic() + within_s
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


@pytest.fixture
def supervisor(tmp_path):
    with Supervisor(tmp_path) as running:
        yield running


def test_a_process_that_ends_early_is_named_with_the_end_of_its_log(supervisor):
    process = supervisor.start("weak", [sys.executable, "-c", "import sys; sys.exit('no ink left')"])
    with pytest.raises(StackFailed) as failure:
        process.wait_until(lambda: False, "writing")
    assert "weak ended with status 1" in str(failure.value)
    assert "no ink left" in str(failure.value)


def test_a_process_that_is_never_ready_is_named_with_what_did_not_happen(supervisor):
    process = supervisor.start("slow", SLEEP)
    with pytest.raises(StackFailed, match="slow: waking up did not happen"):
        process.wait_until(lambda: False, "waking up", within_s=0.1)


def test_leaving_ends_what_was_started(tmp_path):
    with Supervisor(tmp_path) as running:
        process = running.start("sleeper", SLEEP)
        assert process.exit_status is None
    assert process.exit_status == -signal.SIGTERM


def test_what_ignores_the_request_is_forced_and_so_is_what_it_started(tmp_path, monkeypatch):
    monkeypatch.setattr("accredit_cli.demo.processes._GRACE_S", 0.2)
    log = tmp_path / "stubborn.log"
    with Supervisor(tmp_path) as running:
        process = running.start("stubborn", STUBBORN)
        process.wait_until(lambda: log.read_text().endswith("\n"), "its child")
        grandchild = int(log.read_text())
    assert process.exit_status == -signal.SIGKILL
    assert eventually(lambda: gone(grandchild))


def test_a_killed_process_can_be_started_again(supervisor):
    process = supervisor.start("phoenix", SLEEP)
    process.kill()
    assert supervisor.broken() is process
    process.restart()
    assert supervisor.broken() is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_processes_end_with_a_parent_that_is_killed_outright(tmp_path):
    program = (
        "import pathlib, sys, time\n"
        "from accredit_cli.demo.processes import Supervisor\n"
        "process = Supervisor(pathlib.Path(sys.argv[1])).start('child', [sys.executable, '-c',"
        " 'import os, time; print(os.getpid(), flush=True); time.sleep(60)'])\n"
        "time.sleep(60)\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    log = tmp_path / "child.log"
    parent = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], env=environment)
    try:
        assert eventually(lambda: log.exists() and log.read_text().endswith("\n"))
    finally:
        parent.kill()
        parent.wait()
    assert eventually(lambda: gone(int(log.read_text())))
