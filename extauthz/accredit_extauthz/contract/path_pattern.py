"""HTTP paths in rules: `*` stands for one segment, a trailing `/**` for any number of further ones."""

import re
import urllib.parse
from functools import lru_cache

from accredit_extauthz.contract.names import has_hidden_characters

_UNRESERVED = r"A-Za-z0-9_~!$&'()+,=@:-"
_SEGMENT = rf"[.{_UNRESERVED}]*[{_UNRESERVED}]"  # no dot at the end: some servers drop it, and `.` and `..` are none
_LITERAL = re.compile(rf"/|(?:/{_SEGMENT})+/?")
_PATTERN = re.compile(rf"/\*\*|(?:/(?:\*|{_SEGMENT}))+(?:/\*\*|/)?|/")
_ENCODED = re.compile(r"(?:%[0-9A-F]{2})+")
_SPACE_AT_EDGE = re.compile(r"/%20|%20(?:/|\Z)")
_ANY_SEGMENT = r"[^/]+"


def is_path(text: str) -> bool:
    r"""Whether `text` is an absolute path that has one spelling only.

    No empty, dot or parameter segments, none that ends in a dot or has a space at an end, which some servers drop, and
    encoded only where needed.

    `;` and `\\` are refused because servers disagree about what they mean; so is every percent-encoding of an ASCII
    character but the space, because `%2e`, `%2f`, `%25` and the like make a second spelling of another path. Text
    beyond ASCII is accepted as upper-case percent-encoded UTF-8.
    """
    if "%" not in text:
        return _LITERAL.fullmatch(text) is not None
    if _SPACE_AT_EDGE.search(text) is not None or _LITERAL.fullmatch(_ENCODED.sub("_", text)) is None:
        return False
    return all(map(_is_needed, _ENCODED.findall(text)))


def _is_needed(run: str) -> bool:
    """Whether a run of percent-encodings spells only spaces and visible characters beyond ASCII."""
    try:
        decoded = urllib.parse.unquote(run, errors="strict")
    except UnicodeDecodeError:
        return False
    return all(character == " " or not character.isascii() for character in decoded) and not has_hidden_characters(
        decoded
    )


def is_path_pattern(text: str) -> bool:
    """Whether `text` is a path in which whole segments may be `*` and the end may be `/**`."""
    return _PATTERN.fullmatch(text) is not None


def without_case(path: str) -> str:
    """Return a path or pattern as a Deny compares it: to many servers `/Admin` is `/admin`."""
    return path.lower()


@lru_cache(maxsize=16_384)  # a new snapshot has nearly the patterns of the last; compiling 5,000 takes 75 ms
def compile_path_pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern for `fullmatch`. `/a/**` matches what lies beneath `/a`, not `/a`; `/**` is every path."""
    if text == "/**":
        return re.compile("/.*")
    head, tail = (text[:-3], r"/.+") if text.endswith("/**") else (text, "")
    segments = (_ANY_SEGMENT if segment == "*" else re.escape(segment) for segment in head.split("/"))
    return re.compile("/".join(segments) + tail)


def is_under(path: str, prefix: str) -> bool:
    """Whether `path` is `prefix` or lies beneath it on a segment border. The empty prefix and `/` cover every path."""
    stem = prefix.removesuffix("/")
    return path.startswith(stem) and path[len(stem) : len(stem) + 1] in ("", "/")
