"""The audit file is harmed under load: what cannot be recorded is denied, and no record of what passed is lost."""

import collections
import json
import os
import shutil
import subprocess

import pytest

from real.envoy.deaths import live_again_and_again
from real.envoy.load import is_allowed


def is_unrecorded(answered):
    return (answered.status, answered.reason) == (503, "audit_unavailable")


def ids(*files):
    """How often each decision stands in files; a line that is no record is none."""
    found = collections.Counter()
    for line in b"".join(file.read_bytes() for file in files).split(b"\n"):
        try:
            found[json.loads(line)["decision_id"]] += 1
        except ValueError:
            continue
    return found


def lost(site, *files):
    """The requests that arrived and do not stand once in what the files hold."""
    found = ids(*files)
    return [each for each in site.witness.arrivals if found[each.decision_id] != 1]


@pytest.fixture
def small_disk(site):
    """The audit folder as a disk of 1 MiB."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "accredit-test", site.trail.folder],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"a small disk can be mounted by root alone: {mounted.stderr.strip()}")
    yield site.trail.folder
    subprocess.run(["umount", "--lazy", site.trail.folder], check=True)


def test_a_full_disk_denies_everything_until_it_is_freed(site, small_disk):
    site.publish()
    authorizer = site.authorize()
    site.front()
    filler = small_disk / "others" / "filler"  # in a folder, where no trail holds it open
    filler.parent.mkdir()
    with site.load() as load:
        load.see(20, is_allowed)
        with filler.open("wb", buffering=0) as file:
            fill(file)
        answers = load.see(50, is_unrecorded)
        after = answers[next(i for i, each in enumerate(answers) if is_unrecorded(each)) :]
        assert authorizer.counted("accredit_audit_failures_total") >= 50
        filler.unlink()
        load.see(50, is_allowed)
    assert site.broken_promises(load) == []
    assert lost(site, authorizer.audit) == []
    assert len([each for each in after if each.is_allowed]) < 10  # what fitted into the last page


def fill(file):
    try:
        while file.write(b"x" * 4096):
            pass
    except OSError:
        return


def test_a_file_renamed_by_rotation_loses_nothing(site):
    site.publish()
    authorizer = site.authorize()
    site.front()
    kept = [authorizer.audit.with_name(f"audit-0.jsonl.{turn}") for turn in range(3)]
    with site.load() as load:
        for rotated in kept:
            load.see(20, is_allowed)
            authorizer.audit.rename(rotated)
            authorizer.process.wait_until(authorizer.audit.exists, "a new file")
        load.see(20, is_allowed)
    assert site.broken_promises(load) == []
    assert {each.status for each in load.answers} == {200, 401, 403}
    assert lost(site, authorizer.audit, *kept) == []


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda path: os.truncate(path, 0), id="truncated"),
        pytest.param(lambda path: path.unlink(), id="deleted"),
    ],
)
def test_a_file_copied_and_then_harmed_loses_nothing_that_comes_after(site, tmp_path, harm):
    site.publish()
    authorizer = site.authorize()
    site.front()
    kept = [tmp_path / f"audit-0.jsonl.{turn}" for turn in range(3)]
    with site.load() as load:
        for rotated in kept:
            load.see(20, is_allowed)
            with authorizer.frozen():  # a record between the copy and the harm is lost by that order itself
                site.trail.catch_up()
                shutil.copy(authorizer.audit, rotated)
                harm(authorizer.audit)
                site.trail.catch_up()
        load.see(20, is_allowed)
    assert site.broken_promises(load) == []
    assert {each.status for each in load.answers} == {200, 401, 403}
    assert lost(site, authorizer.audit, *kept) == []


def test_a_file_that_cannot_be_written_denies_everything_until_it_can(site):
    site.publish()
    authorizer = site.authorize()
    site.front()
    aside = authorizer.audit.with_name("aside.jsonl")
    with site.load() as load:
        load.see(20, is_allowed)
        with authorizer.frozen():  # else a new file may be there before the folder is
            authorizer.audit.rename(aside)
            authorizer.audit.mkdir()
        load.see(40, is_unrecorded)
        denied = load.see(40, is_unrecorded)
        authorizer.audit.rmdir()
        load.see(40, is_allowed)
    assert not [each for each in denied if each.is_allowed]
    assert site.broken_promises(load) == []
    assert lost(site, authorizer.audit, aside) == []


def test_a_process_killed_at_its_records_again_and_again_lets_nothing_pass_without_one(site):
    live_again_and_again(site, 60)
