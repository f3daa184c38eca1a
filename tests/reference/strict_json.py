"""JSON with one meaning (api.md §2): strict UTF-8, unique member names at every depth, no NaN or Infinity."""

import json
from typing import Any


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError("a member name stands twice")
    return dict(pairs)


def no_constant(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


def parse(data: bytes) -> Any:
    """The value, or ValueError."""
    text = data.decode("utf-8")
    try:
        value = json.loads(text, object_pairs_hook=unique, parse_constant=no_constant)
    except RecursionError as error:
        raise ValueError("too deep") from error
    json.dumps(value, ensure_ascii=False).encode("utf-8")  # a lone surrogate has no UTF-8 form: UnicodeEncodeError
    return value
