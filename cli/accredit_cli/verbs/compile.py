"""`accredit compile`: manifests to the snapshot that accredit-extauthz serves."""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from accredit_cli.compiling import document_of
from accredit_cli.manifest_paths import PathsArgument, compile_paths
from accredit_cli.render import NO, YES, fail, warn
from accredit_cli.replacing import replace

EPILOG = (
    "Examples:\n\naccredit compile manifests/ -o snapshot.json"
    "\n\naccredit-extauthz --snapshot snapshot.json"
    "\n\naccredit compile manifests/ -o - | jq .head"
)

_NS_PER_MS = 1_000_000


def command(
    paths: PathsArgument,
    *,
    file: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The snapshot; - for standard output.")],
) -> None:
    """Compile manifests into one snapshot file, replaced in one step.

    The snapshot is written even when an object is not accepted: what that object names is denied in it. Exit status 1
    then, and each such object is named.
    """
    compiled = compile_paths(paths)
    document = document_of(compiled, time.time_ns() // _NS_PER_MS)
    if str(file) == "-":
        sys.stdout.buffer.write(document)
    else:
        _write(file, document)
    refused = [verdict for verdict in compiled.verdicts if not verdict.accepted]
    for verdict in refused:
        where = f"{verdict.origin.at(verdict.problems[0].field)}: " if verdict.origin else ""
        warn(f"{where}{verdict.key} is not accepted: {verdict.message}")
    raise typer.Exit(NO if refused else YES)


def _write(file: Path, document: bytes) -> None:
    try:
        replace(file, document)
    except OSError as error:
        raise fail(f"{file} cannot be written: {error.strerror}") from error
