"""Text as Markdown shows it: code, cells and tables."""
# ruff: noqa: INP001 (a script, no package)

import re
from collections.abc import Iterable, Sequence


def code(text: str) -> str:
    """Return the text as code, inside a table too: a bar there ends a cell, whatever stands around it."""
    if "|" not in text:
        return f"`{text}`"
    shown = re.sub(r"[][*|_`\\]", lambda found: f"&#{ord(found[0])};", _escaped(text))
    return f"<code>{shown}</code>"


def prose(text: str) -> str:
    """Return the text for a cell: on one line, with nothing that Markdown or HTML would read."""
    return re.sub(r"([*|\[\]])", r"\\\1", " ".join(_escaped(text).split()))


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table. Cells are Markdown."""
    lines = (headings, ["---"] * len(headings), *rows)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def page(title: str, *sections: str) -> str:
    """Return a page."""
    return "\n\n".join([f"# {title}", *(section for section in sections if section)]) + "\n"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
