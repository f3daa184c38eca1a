"""JSON that has one meaning: UTF-8, unique member names, finite numbers, bounded depth (RFC 8259 §4, §8.1).

Parsers disagree about everything refused here, so a text that passes means the same to the service behind us.
"""

import json
import math
import re
from collections.abc import Mapping

from accredit_extauthz.model.refusal import shown

MAX_DEPTH = 64

# An unterminated string is swallowed to the end in one step; otherwise each of its quotes would start a new scan.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_ROUND = bytes.maketrans(b"[{]}", b"(())")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[{]}"))


class NotStrict(ValueError):
    """The bytes are not strict JSON; the message says what was found."""


def parse(data: bytes) -> object:
    """Return the JSON value in `data`. Raises NotStrict."""
    check_depth(data)
    try:
        return _DECODER.decode(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise NotStrict("the text is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise NotStrict(f"{error.msg[:1].lower()}{error.msg[1:]} at character {error.pos}") from error
    except NotStrict:
        raise
    except ValueError as error:  # an integer with more digits than Python converts
        raise NotStrict("a number is too long") from error


def parse_object(data: bytes) -> Mapping[str, object]:
    """Return the JSON object in `data`. Raises NotStrict, also for any other kind of value."""
    value = parse(data)
    if not isinstance(value, dict):
        raise NotStrict("the text is not an object")
    return value


def check_depth(data: bytes) -> None:
    """Refuse text nested deeper than MAX_DEPTH, without recursion. Raises NotStrict.

    Each round removes the innermost brackets, so a text of depth n is empty after n rounds; all of it at C speed.
    """
    if data.count(b"[") + data.count(b"{") <= MAX_DEPTH:
        return
    brackets = _STRING.sub(b"", data).translate(_ROUND, _NOT_BRACKETS)
    for _ in range(MAX_DEPTH):
        if not brackets:
            return
        brackets = brackets.replace(b"()", b"")
    if brackets:
        raise NotStrict(f"nested deeper than {MAX_DEPTH}, or brackets that do not pair")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotStrict(f"member {shown(twice)} appears twice in one object")
    return members


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise NotStrict("a number is out of range")
    return number


def _refuse_constant(text: str) -> object:
    raise NotStrict(f"{text} is no JSON number")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_finite, parse_constant=_refuse_constant)
