"""Text of any origin made fit for one line of JSON: cut to a bound, and valid Unicode."""

from collections.abc import Iterable, Mapping

import orjson

MAX_TEXT = 512  # characters
MAX_TEXTS = 8192  # characters of a whole list; a token has no more

_CUT = "…"
# Legal inside JSON strings, but line ends to some readers of lines; the same characters, escaped.
_LINE_ENDS = ((b"\xc2\x85", rb"\u0085"), (b"\xe2\x80\xa8", rb"\u2028"), (b"\xe2\x80\xa9", rb"\u2029"))


def cut(text: str, limit: int = MAX_TEXT) -> str:
    """Return `text`, ended with an ellipsis where it was longer than `limit` characters."""
    return text if len(text) <= limit else text[:limit] + _CUT


def cut_all(texts: Iterable[str]) -> list[str]:
    """Return texts until they hold MAX_TEXTS characters together; a last ellipsis stands for those left out."""
    kept: list[str] = []
    room = MAX_TEXTS
    for text in texts:
        shortened = cut(text)
        room -= len(shortened) + 1
        if room < 0:
            return [*kept, _CUT]
        kept.append(shortened)
    return kept


def members(record: Mapping[str, object]) -> bytes:
    """Return the members of `record` as JSON on one line, without braces; a lone surrogate is its escape, in text."""
    try:
        line = orjson.dumps(record)
    except orjson.JSONEncodeError:
        line = orjson.dumps(_valid(record))
    if not line.isascii():
        for character, escape in _LINE_ENDS:
            line = line.replace(character, escape)
    return line[1:-1]


def _valid(value: object) -> object:
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode("utf-8")
        case list():
            return [_valid(member) for member in value]
        case dict():
            return {name: _valid(member) for name, member in value.items()}
        case _:
            return value
