"""JSON with one meaning (api.md §2): strict UTF-8, unique member names at every depth, finite numbers, bounded depth.

An escaped lone surrogate is let through, as the grammar does; it can be no part of a subject, scope or name.
"""

import json
import math
from typing import Any

MAX_DEPTH = 64


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError("a member name stands twice")
    return dict(pairs)


def finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is out of range")
    return number


def depth(value: Any) -> int:
    """How many arrays and objects stand around the innermost value; counted layer by layer."""
    layers, layer = 0, [value]
    while layer := [each for each in layer if isinstance(each, dict | list)]:
        layers += 1
        layer = [inner for each in layer for inner in (each.values() if isinstance(each, dict) else each)]
    return layers


def no_constant(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


def parse(data: bytes) -> Any:
    """The value, or ValueError."""
    try:
        value = json.loads(
            data.decode("utf-8"), object_pairs_hook=unique, parse_constant=no_constant, parse_float=finite
        )
    except RecursionError as error:
        raise ValueError("too deep") from error
    if depth(value) > MAX_DEPTH:
        raise ValueError("too deep")
    return value
