"""The manifests that a verb was given: read and compiled, or the verb ends with every fault named."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from accredit_cli.render import ERROR, warn
from accredit_operator.compile.compile import Compiled, compile_world
from accredit_operator.manifests import Manifests, ManifestsUnreadable, read_tree

PathsArgument = Annotated[list[Path], typer.Argument(metavar="PATH", help="Files and folders of manifests.")]


def read_manifests(paths: Sequence[Path], status: int = ERROR) -> Manifests:
    """Return the objects in `paths`; what cannot be parsed ends the verb with `status`."""
    try:
        manifests = read_tree(paths)
    except ManifestsUnreadable as error:
        for fault in error.faults:
            warn(str(fault))
        raise typer.Exit(status) from error
    for notice in manifests.notices:
        warn(notice)
    return manifests


def compile_paths(paths: Sequence[Path], status: int = ERROR) -> Compiled:
    """Return the compiled objects in `paths`; what cannot be parsed ends the verb with `status`."""
    return compile_world(read_manifests(paths, status).world)
