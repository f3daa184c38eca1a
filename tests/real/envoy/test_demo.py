"""The demo, as a user runs it."""

import contextlib
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time

import pytest

from accredit_cli.demo.story import STORY

DEMO = [sys.executable, "-c", "from accredit_cli.main import main; main()", "demo"]


def left_behind(folder):
    """The processes that still work in a folder."""
    found = []
    for each in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if str(folder).encode() in each.read_bytes():
                found.append(each.parent.name)
    return found


@contextlib.contextmanager
def demo(folder, binary, *options):
    """A demo whose temporary files are in `folder`."""
    environment = os.environ | {"TMPDIR": str(folder), "ACCREDIT_ENVOY": binary, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [*DEMO, *options],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # A shell starts what runs in the background deaf to Ctrl-C, and the tests may run there.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 -- no thread here holds a lock
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read_until(process, pattern):
    lines = []
    for line in process.stdout:
        lines.append(line)
        if re.search(pattern, line):
            return lines
    pytest.fail("".join(lines))


@pytest.fixture
def folder():
    # Short: a Unix socket's path has room for 107 bytes.
    with tempfile.TemporaryDirectory(prefix="acc-", dir="/tmp") as name:
        yield pathlib.Path(name)


def test_every_step_comes_out_as_told_and_nothing_stays(folder, envoy_binary):
    with demo(folder, envoy_binary) as process:
        output, _ = process.communicate(timeout=100)
    assert process.returncode == 0, output
    assert f"{len(STORY)} steps, each as the story says" in output
    assert (left_behind(folder), list(folder.iterdir())) == ([], [])


def test_ctrl_c_in_the_middle_leaves_nothing(folder, envoy_binary):
    with demo(folder, envoy_binary) as process:
        read_until(process, "the upstream saw")
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 130, output
    assert (left_behind(folder), list(folder.iterdir())) == ([], [])


def test_kept_it_answers_the_request_that_it_prints_until_it_is_ended(folder, envoy_binary):
    with demo(folder, envoy_binary, "--keep") as process:
        (line,) = [each for each in read_until(process, "^Stop") if each.startswith("curl ")] or [""]
        answer = subprocess.run(shlex.split(line), capture_output=True, text=True, check=True, timeout=30).stdout
        process.terminate()
        output, _ = process.communicate(timeout=30)
    assert "HTTP/1.1 200" in answer
    assert '"x-user-uid":"alice"' in answer
    assert process.returncode == 130, output
    deadline = time.monotonic() + 5
    while left_behind(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (left_behind(folder), list(folder.iterdir())) == ([], [])
