"""JSON that has one meaning: UTF-8, unique member names, finite numbers, bounded depth (RFC 8259 §4, §8.1).

Parsers disagree about everything refused here, so a text that passes means the same to the service behind us.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from itertools import accumulate
from operator import add

import orjson

from accredit_extauthz.contract.shown import shown

MAX_DEPTH = 64

# An unterminated string is swallowed to the end in one step; otherwise each of its quotes would start a new scan.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_BITS = bytes.maketrans(b"[{]}", b"1100")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[{]}"))
_RUNS = re.compile(rb"(1*)(0*)")
_LONG_RUN = 32
# Of eight brackets, packed into a byte: how much deeper they end, and how deep they go meanwhile.
_PATHS = [[0, *accumulate(1 if byte >> bit & 1 else -1 for bit in range(7, -1, -1))] for byte in range(256)]
_RISE, _PEAK = [path[-1] for path in _PATHS], [max(path) for path in _PATHS]


class NotStrict(ValueError):
    """The bytes are not strict JSON; the message says what was found."""


def parse(data: bytes) -> object:
    """Return the JSON value in `data`. Raises NotStrict."""
    check_depth(data)
    try:
        value: object = orjson.loads(data)
        # A member that stood twice is gone from the value, and a number out of range has changed: what comes back as
        # it was sent holds neither.
        if orjson.dumps(value) == data:
            return value
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        pass  # the careful parser knows why, or reads more than the quick one
    return _parse_carefully(data)


def _parse_carefully(data: bytes) -> object:
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
    """Refuse text nested deeper than MAX_DEPTH, without recursion. Raises NotStrict."""
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH and _deepest(data) > MAX_DEPTH:
        raise NotStrict(f"nested deeper than {MAX_DEPTH}")


def _deepest(data: bytes) -> int:
    """Return how many brackets stand open at once, strings apart; a bit a bracket, so that a long text stays cheap."""
    bits = _STRING.sub(b"", data).translate(_BITS, _NOT_BRACKETS)
    if bits.count(b"10") < len(bits) // _LONG_RUN:
        return _highest_peak(bits)
    count = -(-len(bits) // 8)
    packed = int(bits.ljust(8 * count, b"0") or b"0", 2).to_bytes(count, "big")
    depths = accumulate(map(_RISE.__getitem__, packed), initial=0)
    return max(map(add, depths, map(_PEAK.__getitem__, packed)), default=0)


def _highest_peak(bits: bytes) -> int:
    """Return the same, from run to run: the cheaper way where runs are long."""
    depth = deepest = 0
    for opened, closed in _RUNS.findall(bits):
        depth += len(opened)
        deepest = max(deepest, depth)
        depth -= len(closed)
    return deepest


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        counts = Counter(name for name, _ in pairs)
        raise NotStrict(f"member {shown(max(counts, key=counts.__getitem__))} appears twice in one object")
    return members


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise NotStrict("a number is out of range")
    return number


def _refuse_constant(text: str) -> object:
    raise NotStrict(f"{text} is no JSON number")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_finite, parse_constant=_refuse_constant)
