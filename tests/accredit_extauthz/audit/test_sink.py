import fcntl
import logging
import os
import resource
import stat
import threading
from pathlib import Path

import pytest

from accredit_extauthz.audit.sink import FileSink, StreamSink
from accredit_extauthz.serve.ports import AuditUnavailable
from fakes.shell import FakeClock

LINE = b'{"v":1}\n'


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


def test_records_are_appended_to_what_is_there(path):
    path.write_bytes(b"first\n")
    sink = FileSink(path, FakeClock())
    sink.write(LINE)
    sink.write(LINE)
    assert path.read_bytes() == b"first\n" + LINE + LINE


def test_a_new_file_is_its_owner_s_alone(path):
    FileSink(path, FakeClock()).open()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes() == b""


def test_half_a_line_that_a_dead_process_left_is_closed_first(path):
    path.write_bytes(b'first\n{"v":1,"ti')
    FileSink(path, FakeClock()).write(LINE)
    assert path.read_bytes() == b'first\n{"v":1,"ti\n' + LINE


def test_a_deleted_file_is_created_anew_before_the_next_record(path):
    sink = FileSink(path, FakeClock())
    sink.write(LINE)
    path.unlink()
    sink.write(LINE)
    assert path.read_bytes() == LINE


def test_a_renamed_file_is_followed_by_a_new_one_within_a_second_and_no_record_is_lost(path):
    clock = FakeClock()
    sink = FileSink(path, clock)
    sink.write(b"1\n")
    rotated = path.rename(path.with_suffix(".1"))
    clock.pass_s(0.5)
    sink.write(b"2\n")
    clock.pass_s(0.6)
    sink.write(b"3\n")
    assert (rotated.read_bytes(), path.read_bytes()) == (b"1\n2\n", b"3\n")


def test_a_file_that_was_replaced_by_another_is_left_for_it(path):
    clock = FakeClock()
    sink = FileSink(path, clock)
    sink.write(b"1\n")
    path.rename(path.with_suffix(".1"))
    path.write_bytes(b"theirs\n")
    clock.pass_s(1)
    sink.write(b"2\n")
    assert path.read_bytes() == b"theirs\n2\n"


def test_a_truncated_file_goes_on_at_its_start(path):
    sink = FileSink(path, FakeClock())
    sink.write(b"1\n")
    os.truncate(path, 0)
    sink.write(b"2\n")
    assert path.read_bytes() == b"2\n"


def test_a_full_disk_is_told_once_and_denies_each_time(caplog):
    sink = FileSink(Path("/dev/full"), FakeClock())
    for _ in range(3):
        with pytest.raises(AuditUnavailable, match="No space left"):
            sink.write(LINE)
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_a_disk_that_fills_up_in_the_middle_of_a_record_tears_that_one_alone(path):
    sink = FileSink(path, FakeClock())
    sink.write(b"first\n")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        for _ in range(2):
            with pytest.raises(AuditUnavailable):
                sink.write(b"second\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    sink.write(b"third\n")
    assert path.read_bytes() == b"first\nseco\nthird\n"


def test_a_path_that_cannot_be_written_works_once_it_can(path, caplog):
    path.mkdir()
    sink = FileSink(path, FakeClock())
    with pytest.raises(AuditUnavailable, match=r"audit\.jsonl"):
        sink.write(LINE)
    path.rmdir()
    sink.write(LINE)
    assert path.read_bytes() == LINE
    assert [record.levelno for record in caplog.records] == [logging.ERROR, logging.WARNING]


def test_a_missing_folder_is_unavailable_until_it_exists(path):
    sink = FileSink(path.parent / "later" / "audit.jsonl", FakeClock())
    with pytest.raises(AuditUnavailable):
        sink.open()
    (path.parent / "later").mkdir()
    sink.write(LINE)
    assert (path.parent / "later" / "audit.jsonl").read_bytes() == LINE


def test_a_pipe_is_refused_because_nobody_may_read_it(path):
    os.mkfifo(path)
    with pytest.raises(AuditUnavailable, match="pipe"):
        FileSink(path, FakeClock()).write(LINE)


def test_no_descriptor_is_left_behind_by_failures_and_rotations(path):
    clock = FakeClock()
    sink = FileSink(path, clock)
    sink.open()
    before = open_descriptors()
    for number in range(5):
        path.rename(path.with_suffix(f".{number}"))
        clock.pass_s(1)
        sink.write(LINE)
    path.unlink()
    os.mkfifo(path)
    for _ in range(5):
        with pytest.raises(AuditUnavailable):
            sink.write(LINE)
    assert open_descriptors() == before - 1


def test_records_of_many_threads_stay_whole(path):
    sink = FileSink(path, FakeClock())
    lines = [f"{number}".encode() * 200 + b"\n" for number in range(8)]
    threads = [threading.Thread(target=lambda line=line: [sink.write(line) for _ in range(50)]) for line in lines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(path.read_bytes().splitlines(keepends=True)) == sorted(lines * 50)


def test_a_record_that_a_pipe_took_in_part_is_torn_and_the_next_one_is_whole():
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(writer, False)
    sink = StreamSink(writer)
    long = b"x" * 10_000 + b"\n"
    with pytest.raises(AuditUnavailable):
        sink.write(long)
    torn = os.read(reader, 65536)
    assert torn == long[: len(torn)]
    sink.write(LINE)
    assert os.read(reader, 65536) == b"\n" + LINE
    os.close(reader)
    with pytest.raises(AuditUnavailable, match="Broken pipe"):
        sink.write(LINE)
    os.close(writer)
