"""Too little of something: lives, processor, descriptors, known keys. Nothing wrong passes, and passing resumes."""

import contextlib
import dataclasses
import os
import pathlib
import resource
import socket
import subprocess
import sys
import time

import pytest

from accredit_cli.demo.workspace import write_field
from accredit_cli.minting import new_key
from real.envoy.deaths import live_again_and_again
from real.envoy.load import Ask, is_allowed
from real.envoy.oracle import revived

LIVES = int(os.environ.get("ACCREDIT_TORTURE_LIVES", "1000"))
BUSY = "import time; until = time.monotonic() + 60\nwhile time.monotonic() < until: pass"
STATUSES = {200, 401, 403, 503}
UNKNOWN_KEYS = 500


@pytest.mark.timeout(max(120, 2 * LIVES))
def test_a_thousand_lives_let_nothing_pass_without_a_record(site):
    live_again_and_again(site, LIVES)


@pytest.fixture
def starved():
    """Eight loops for each processor, for a minute at most."""
    loops = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(8 * (os.cpu_count() or 1))]
    yield
    for loop in loops:
        loop.kill()
        loop.wait()


def test_without_processor_time_what_is_revoked_stays_refused(site, request):
    site.operate()
    site.authorize()
    site.front()
    with site.load() as load:
        load.see(20, is_allowed)
        request.getfixturevalue("starved")
        write_field(site.workspace.manifests / "agents/planner.yaml", ("spec", "suspended"), value=True)
        answers = load.see(20, lambda each: each.reason == "agent_suspended")
    assert revived(answers, "a reader", "agent_suspended") == []
    assert site.broken_promises(load) == []
    assert {each.status for each in load.answers} <= STATUSES


def descriptors(process):
    return len(list(pathlib.Path(f"/proc/{process._popen.pid}/fd").iterdir()))


def test_without_descriptors_it_denies_or_serves_and_is_well_again_with_them(site):
    site.publish()
    authorizer = site.authorize()
    site.front()
    pid, before = authorizer.process._popen.pid, resource.prlimit(authorizer.process._popen.pid, resource.RLIMIT_NOFILE)
    with site.load() as load:
        load.see(20, is_allowed)
        most = descriptors(authorizer.process) + 8
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (most, before[1]))
        with contextlib.ExitStack() as held:
            for _ in range(64):
                held.enter_context(socket.create_connection(("127.0.0.1", authorizer.address.port)))
            authorizer.process.wait_until(lambda: descriptors(authorizer.process) >= most, "the end of descriptors")
            authorizer.audit.rename(authorizer.audit.with_name("rotated.jsonl"))
            load.see(100, lambda each: True)
        load.see(20, is_allowed)
    assert site.broken_promises(load) == []
    assert {each.status for each in load.answers} <= STATUSES


def test_a_flood_of_unknown_keys_is_refused_and_costs_no_memory(site):
    site.publish()
    authorizer = site.authorize()
    site.front()
    stranger = new_key("ES256")
    flood = [
        Ask("an unknown key", is_refused=True, bearer=site.bearer(key=dataclasses.replace(stranger, kid=f"k{number}")))
        for number in range(UNKNOWN_KEYS)
    ]
    with site.load() as load:
        load.see(20, is_allowed)
        before = authorizer.peak_kib()
        load.mix = (*flood, *site.mix() * 5)
        load.see(3 * UNKNOWN_KEYS, lambda each: each.reason == "token_key_unknown", within_s=100)
        load.see(20, is_allowed)
    assert site.broken_promises(load) == []
    assert {each.status for each in load.answers} == {200, 401, 403}
    assert authorizer.peak_kib() - before < 20 * 1024


def test_an_envoy_that_dies_and_comes_back_lets_nothing_pass_unchecked(site):
    site.publish()
    site.authorize()
    site.front()
    with site.load() as load:
        for turn in range(10):
            load.see(10, is_allowed)
            if turn % 2:
                site.envoy.kill()
            else:
                site.envoy.terminate()
                site.envoy.finish(time.monotonic() + 10)
            site.envoy.restart()
        load.see(10, is_allowed)
    assert site.broken_promises(load, unanswered=True) == []
