import subprocess
import sys
from pathlib import Path

import pytest

from accredit_extauthz.transport.completion_queue import CompletionQueueServer

CHECK = "/envoy.service.auth.v3.Authorization/Check"
SOURCES = Path(__file__).parents[3] / "extauthz"


@pytest.fixture
def transport():
    return CompletionQueueServer


def test_calls_without_a_message_yet_do_not_hold_others_up(served, hold):
    # grpc.server waits for each message in a worker, so there this would take as many workers.
    _, address = served()
    channel = served.channel(address)
    held = [hold(channel, number.to_bytes()) for number in range(20)]
    assert [channel.unary_unary(CHECK)(b"x", timeout=5) for _ in range(20)] == [b"answer to x"] * 20
    for _, leave in held:
        leave()
    assert [call.result(5) for call, _ in held] == [b"answer to " + number.to_bytes() for number in range(20)]


def test_starting_and_stopping_with_calls_under_way_never_crashes():
    churned = _run("stop_churn.py", "100")
    assert (churned.returncode, churned.stdout) == (0, b"100 stopped\n"), churned.stderr.decode()


def test_a_process_that_ends_without_stopping_does_not_crash():
    assert _run("stop_churn.py", "0").returncode == 0


def _run(name, *arguments):
    command = [sys.executable, "-X", "faulthandler", str(Path(__file__).with_name(name)), *arguments]
    return subprocess.run(command, env={"PYTHONPATH": str(SOURCES)}, capture_output=True, timeout=90, check=False)
