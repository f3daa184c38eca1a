"""What a verb prints: a table for people, JSON or YAML for programs. Colour only on a terminal, and only beside words.

Cells may hold text that a caller of some service chose, so what is not printable is escaped: no cell can move the
cursor or forge a line.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Annotated

import typer
import yaml

YES, NO, ERROR = 0, 1, 2  # exit status of every verb

_GAP = "  "
_COLOURS = {
    **dict.fromkeys(("allow", "accepted", "passed", "live", "yes"), typer.colors.GREEN),
    **dict.fromkeys(("would_deny",), typer.colors.YELLOW),
    **dict.fromkeys(("deny", "failed", "no"), typer.colors.RED),
}


class Output(StrEnum):
    """How a verb prints what it found."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


OutputOption = Annotated[Output, typer.Option("--output", "-o", help="For people, or for programs.")]


def show(output: Output, value: object, drawn: Callable[[], str]) -> None:
    """Print `value` for programs, or what `drawn` makes of it for people."""
    match output:
        case Output.TABLE:
            text = drawn()
        case Output.JSON:
            text = json.dumps(value, indent=2)
        case Output.YAML:
            text = yaml.safe_dump(value, sort_keys=False, allow_unicode=False).rstrip("\n")
    sys.stdout.write(f"{text}\n" if text else "")


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return columns as wide as their widest cell, no trailing spaces."""
    cells = [list(headings), *([printable(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headings))]
    return "\n".join(_line(row, widths) for row in cells)


def printable(text: str) -> str:
    """Return text that a terminal only prints: everything else is escaped."""
    return text if text.isprintable() else "".join(_escaped(character) for character in text)


def warn(text: str) -> None:
    """Print a line beside the answer."""
    sys.stderr.write(f"accredit: {printable(text)}\n")


def fail(text: str) -> typer.Exit:
    """Print why the verb cannot answer, and return the exit to raise: status 2."""
    warn(text)
    return typer.Exit(ERROR)


def coloured(word: str) -> str:
    """Return a verdict in its colour where standard output is a terminal."""
    colour = _COLOURS.get(word.lower())
    if colour is None or not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        return word
    return typer.style(word, fg=colour)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    padded = (coloured(cell) + " " * (width - len(cell)) for cell, width in zip(row, widths, strict=True))
    return _GAP.join(padded).rstrip()


def _escaped(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
