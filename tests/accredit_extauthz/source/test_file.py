import logging
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from accredit_extauthz.contract.snapshot import Snapshot
from accredit_extauthz.decide.view import Deployment, View, build
from accredit_extauthz.serve.holder import Holder
from accredit_extauthz.source.file import MAX_BYTES, FileSource
from fakes.shell import FakeClock, document

BOUND_S = 5.0


class Followed:
    """A source over a file in a folder of its own; `swapped` is set at every swap."""

    def __init__(self, path: Path, builder: Callable[[Snapshot], View] | None = None) -> None:
        self.path = path
        self.clock = FakeClock()
        self.holder = Holder(self.clock)
        self.source = FileSource(path, self.holder, builder or (lambda found: build(found, Deployment())), self.clock)

    def publish(self, data: bytes) -> None:
        """Replace the file atomically."""
        self.path.parent.mkdir(exist_ok=True)
        fresh = self.path.with_suffix(".new")
        fresh.write_bytes(data)
        fresh.rename(self.path)

    def look(self) -> None:
        self.clock.pass_s(1)
        self.source.look()

    @property
    def sequence(self) -> int | None:
        return None if self.holder.current is None else self.holder.current.sequence

    def until(self, sequence: int) -> None:
        """Wait, not longer than BOUND_S, until a sequence is served."""
        pause = threading.Event()
        for _ in range(int(BOUND_S / 0.01)):
            if self.sequence == sequence:
                return
            pause.wait(0.01)
        raise AssertionError(f"{self.sequence} is served, not {sequence}, after {BOUND_S} s")


@pytest.fixture
def followed(tmp_path: Path) -> Followed:
    return Followed(tmp_path / "published" / "snapshot.json")


@pytest.fixture
def following(followed: Followed) -> Iterator[Followed]:
    followed.path.parent.mkdir()
    followed.source.start()
    yield followed
    followed.source.stop()


def test_a_snapshot_that_is_there_is_served(followed):
    followed.publish(document(7))
    followed.look()
    assert (followed.sequence, followed.holder.load_failures) == (7, 0)


def test_nothing_is_served_while_there_is_no_file_and_that_is_one_failure(followed, caplog):
    followed.look()
    followed.look()
    assert (followed.sequence, followed.holder.load_failures) == (None, 1)
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


BROKEN = {
    "not JSON": b"{",
    "empty": b"",
    "another document": b"[]",
    "half a document": document(9)[:-40],
    "one byte of a shard changed": document(9).replace(b"tool:crm:*", b"tool:xxx:*"),
    "a newer format": document(9).replace(b'"format":1', b'"format":2'),
    "not UTF-8": document(9).replace(b"tool", b"\xff\xff\xff\xff"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_last_good_snapshot_is_kept_over_one_that_is(followed, caplog, name):
    followed.publish(document(7))
    followed.look()
    followed.publish(BROKEN[name])
    followed.look()
    followed.look()
    assert (followed.sequence, followed.holder.load_failures) == (7, 1)
    assert [record.levelno for record in caplog.records if record.levelno >= logging.ERROR] == [logging.ERROR]
    followed.publish(document(10))
    followed.look()
    assert followed.sequence == 10


def test_a_file_beyond_all_measure_is_not_read(followed):
    followed.publish(document(7))
    followed.look()
    os.truncate(followed.path, MAX_BYTES + 1)
    followed.look()
    assert (followed.sequence, followed.holder.load_failures) == (7, 1)


def test_a_file_that_vanished_keeps_the_last_good_and_may_come_back(followed):
    followed.publish(document(7))
    followed.look()
    followed.path.unlink()
    followed.look()
    assert (followed.sequence, followed.holder.load_failures) == (7, 1)
    followed.publish(document(7))
    followed.look()
    assert followed.holder.age_s(followed.clock.ticks_ns()) == 0


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(document(6), id="a lower sequence"),
        pytest.param(document(7, agents=()), id="other content under the same sequence"),
    ],
)
def test_what_is_not_newer_brings_nothing_back(followed, caplog, again):
    followed.publish(document(7))
    followed.look()
    followed.publish(again)
    followed.look()
    assert (followed.sequence, len(followed.holder.current.snapshot.agents)) == (7, 1)
    assert followed.holder.load_failures == 0
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_the_same_snapshot_spelt_differently_confirms_the_view(followed, caplog):
    followed.publish(document(7))
    followed.look()
    before = followed.holder.current
    followed.publish(document(7) + b"\n")
    followed.look()
    followed.look()
    assert followed.holder.current is before
    assert followed.holder.age_s(followed.clock.ticks_ns()) == 0
    assert caplog.records == []


def test_the_view_ages_only_while_its_file_says_something_else(followed):
    followed.publish(document(7))
    followed.look()
    followed.publish(b"{")
    for _ in range(5):
        followed.look()
    assert followed.holder.age_s(followed.clock.ticks_ns()) == 5
    followed.publish(document(7))
    followed.look()
    assert followed.holder.age_s(followed.clock.ticks_ns()) == 0


def test_a_swap_is_told_with_sequence_digest_and_the_time_since_it_was_written(followed, caplog):
    caplog.set_level(logging.INFO)
    followed.publish(document(7))
    os.utime(followed.path, ns=(followed.clock.now, followed.clock.now))
    followed.look()
    (told,) = caplog.records
    assert (told.sequence, told.digest, told.since_written_ms) == (7, followed.holder.current.digest, 1000)


def test_a_defect_in_building_keeps_the_last_good(tmp_path, caplog):
    def builder(found: Snapshot) -> View:
        return build(found, Deployment()) if found.sequence == 7 else {}["defect"]

    followed = Followed(tmp_path / "snapshot.json", builder)
    followed.publish(document(7))
    followed.look()
    followed.publish(document(8))
    followed.look()
    assert (followed.sequence, followed.holder.load_failures) == (7, 1)
    assert any(record.exc_info for record in caplog.records)


def test_a_file_that_did_not_change_is_not_read_again_within_a_second(followed):
    followed.publish(document(7))
    followed.look()
    followed.clock.pass_s(0.5)
    followed.source.look()
    assert followed.holder.age_s(followed.clock.ticks_ns() + 500_000_000) == 1


def test_a_replaced_file_is_served(following):
    following.publish(document(1))
    following.until(1)
    following.publish(document(2))
    following.until(2)
    assert following.source.is_alive


def test_a_folder_that_comes_later_is_followed(followed):
    followed.source.start()
    try:
        followed.publish(document(1))
        followed.until(1)
        followed.publish(document(2))
        followed.until(2)
    finally:
        followed.source.stop()
    assert not followed.source.is_alive


def test_a_folder_that_is_replaced_is_followed(following):
    following.publish(document(1))
    following.until(1)
    shutil.rmtree(following.path.parent)
    following.publish(document(2))
    following.until(2)
    following.publish(document(3))
    following.until(3)


def test_a_symlink_swapped_beneath_the_file_is_followed(tmp_path):
    """As the kubelet swaps a mounted ConfigMap: file -> ..data/file, ..data -> a folder of its own."""
    mount = tmp_path / "mount"
    mount.mkdir()
    for name, sequence in (("..1", 1), ("..2", 2)):
        (mount / name).mkdir()
        (mount / name / "snapshot.json").write_bytes(document(sequence))
    (mount / "..data").symlink_to("..1")
    (mount / "snapshot.json").symlink_to("..data/snapshot.json")
    followed = Followed(mount / "snapshot.json")
    followed.source.start()
    try:
        assert followed.sequence == 1
        (mount / "..tmp").symlink_to("..2")
        (mount / "..tmp").rename(mount / "..data")
        followed.until(2)
    finally:
        followed.source.stop()


def test_a_stopped_source_can_be_started_on_nothing_and_stopped_at_once(followed):
    followed.source.start()
    followed.source.stop()
    assert not followed.source.is_alive
