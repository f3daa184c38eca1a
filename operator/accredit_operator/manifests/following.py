"""When to read the files again: after a change and a moment of quiet.

Events of the operating system come at once, but not for what a link points to outside the folder, nor for a folder
that was away; so the files are also looked at, every half second.
"""

from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import TypeAlias

from watchfiles import watch

from accredit_operator.manifests.files import find_files

QUIET_MS = 50  # without a further change
LONGEST_MS = 1000  # until then, under a steady stream of changes
LOOK_EVERY_MS = 500

Look: TypeAlias = frozenset[tuple[str, int, int, int]]  # path, inode, size, time of modification in ns


class Follower:
    """Tells of changes to files and folders, from the moment it is made."""

    def __init__(self, paths: tuple[Path, ...], stop: Event) -> None:
        self._paths = paths
        self._stop = stop
        self._known = look(paths)

    def follow(self) -> Iterator[bool]:
        """Yield True when something may have changed, False when nothing has for a while; end when told to stop."""
        while not self._stop.is_set():
            folders = [path for path in self._paths if path.is_dir()]
            if folders:
                yield from self._watch(folders)
            elif not self._stop.wait(LOOK_EVERY_MS / 1000):
                yield self._has_changed()

    def _watch(self, folders: list[Path]) -> Iterator[bool]:
        """Follow the folders until one of them is away or another."""
        watched = _inodes(folders)
        try:
            for events in watch(
                *folders,
                watch_filter=None,
                debounce=LONGEST_MS,
                step=QUIET_MS,
                rust_timeout=LOOK_EVERY_MS,
                yield_on_timeout=True,
                raise_interrupt=False,
                stop_event=self._stop,
            ):
                yield self._has_changed() or bool(events)
                if _inodes(folders) != watched:
                    return
        except FileNotFoundError:
            return  # it went away just now; the next look says so

    def _has_changed(self) -> bool:
        before, self._known = self._known, look(self._paths)
        return before != self._known


def _inodes(folders: list[Path]) -> list[int | None]:
    return [folder.stat().st_ino if folder.is_dir() else None for folder in folders]


def look(paths: tuple[Path, ...]) -> Look:
    """Return what the file system says of the manifests beneath `paths`, without reading them."""
    files, _ = find_files(paths)
    return frozenset(seen for path in (*paths, *files) for seen in _seen(path))


def _seen(path: Path) -> Iterator[tuple[str, int, int, int]]:
    try:
        stat = path.stat()
    except OSError:
        return
    # A folder's own size and time change with files that are no manifests.
    facts = (0, 0) if path.is_dir() else (stat.st_size, stat.st_mtime_ns)
    yield (str(path), stat.st_ino, *facts)
