import os
import threading

import pytest

from accredit_operator.manifests.following import Follower, look


@pytest.fixture
def stop():
    stop = threading.Event()
    yield stop
    stop.set()


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / "a.yaml").write_text("a: 1")
    return folder


def changes_until(follower, count=20):
    """Whether a change is told within so many looks."""
    return any(has_changed for has_changed, _ in zip(follower.follow(), range(count), strict=False))


def test_a_change_between_reading_and_following_is_told(folder, stop):
    follower = Follower((folder,), stop)
    (folder / "b.yaml").write_text("b: 1")
    assert changes_until(follower)


def test_a_change_is_told_and_quiet_is_told_too(folder, stop):
    told = []
    for has_changed in Follower((folder,), stop).follow():
        told.append(has_changed)
        if told == [False]:
            (folder / "a.yaml").write_text("a: 2")
        if has_changed or len(told) > 20:
            break
    assert (told[0], told[-1]) == (False, True)


def test_a_folder_that_comes_back_is_followed_again(folder, stop):
    away = folder.with_name("away")
    told = []
    follower = Follower((folder,), stop)
    folder.rename(away)
    for has_changed in follower.follow():
        told.append(has_changed)
        if told.count(True) == 1 and away.exists():
            away.rename(folder)
        elif told.count(True) >= 2 or len(told) > 40:
            break
    assert told.count(True) == 2


def test_a_file_that_is_named_itself_is_looked_at(folder, stop):
    follower = Follower((folder / "a.yaml",), stop)
    (folder / "a.yaml").write_text("a: 22")
    assert changes_until(follower)


def test_a_folder_that_another_replaces_is_followed_on(folder, stop):
    other = folder.with_name("other")
    other.mkdir()
    (other / "b.yaml").write_text("b: 1")
    told = []
    for has_changed in Follower((folder,), stop).follow():
        told.append(has_changed)
        if len(told) == 1:
            folder.rename(folder.with_name("away"))
            other.rename(folder)
        elif told.count(True) == 1:
            (folder / "b.yaml").write_text("b: 22")
        if told.count(True) >= 2 or len(told) > 40:
            break
    assert told.count(True) == 2


def test_a_folder_that_goes_away_before_it_is_watched_is_no_error(folder, stop):
    assert list(Follower((folder,), stop)._watch([folder / "gone"])) == []


def test_waiting_for_a_folder_ends_when_told_to_stop(tmp_path, stop):
    told = []
    for has_changed in Follower((tmp_path / "nowhere",), stop).follow():
        told.append(has_changed)
        stop.set()
    assert told == [False]


def test_nothing_is_followed_when_told_to_stop(folder, stop):
    stop.set()
    assert list(Follower((folder,), stop).follow()) == []


def test_files_that_are_no_manifests_look_alike(folder):
    before = look((folder,))
    (folder / "notes.txt").write_text("x")
    assert look((folder,)) == before
    os.utime(folder / "a.yaml", ns=(1, 1))
    assert look((folder,)) != before
