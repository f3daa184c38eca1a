"""Which files of a folder are manifests: .yaml and .yml at any depth, through links, no hidden or temporary ones."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

_SUFFIXES = (".yaml", ".yml")
_TEMPORARY = (".", "#")  # first characters: hidden, a ConfigMap mount's inner folders, editors' locks and copies


def find_files(paths: Iterable[Path]) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Return the manifest files beneath `paths`, sorted, and the paths that are missing.

    A file is there once, however it is reached. One that is named itself counts whatever its suffix.
    """
    found: dict[Path, Path] = {}  # where it really is -> as it was reached
    missing: list[Path] = []
    for path in paths:
        if path.is_dir():
            for file in _walk(path):
                found.setdefault(file.resolve(), file)
        elif path.exists():
            found.setdefault(path.resolve(), path)
        else:
            missing.append(path)
    return tuple(sorted(found.values())), tuple(missing)


def is_manifest_name(name: str) -> bool:
    """Whether a file of this name is a manifest."""
    return name.endswith(_SUFFIXES) and not name.startswith(_TEMPORARY)


def _walk(root: Path) -> Iterator[Path]:
    visited: set[Path] = set()
    for folder, folders, names in os.walk(root, followlinks=True):
        here = Path(folder)
        if here.resolve() in visited:  # a link to a folder above
            folders.clear()
            continue
        visited.add(here.resolve())
        folders[:] = sorted(name for name in folders if not name.startswith(_TEMPORARY))
        yield from (here / name for name in sorted(names) if is_manifest_name(name))
