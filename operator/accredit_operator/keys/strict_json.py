"""JSON with one meaning: UTF-8, unique member names, no constants beyond JSON's own (RFC 8259 §4, §8.1)."""

import json
from collections.abc import Mapping

from accredit_operator.keys.unfetched import shown


class NotStrict(ValueError):
    """The bytes are not strict JSON; the message says what was found."""


def parse_object(data: bytes) -> Mapping[str, object]:
    """Return the JSON object in `data`. Raises NotStrict, also for any other kind of value."""
    try:
        value = _DECODER.decode(data.decode("utf-8"))
    except NotStrict:
        raise
    except UnicodeDecodeError as error:
        raise NotStrict("the text is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise NotStrict(f"it is no JSON at character {error.pos}") from error
    except ValueError as error:  # an integer with more digits than Python converts
        raise NotStrict("a number is too long") from error
    except RecursionError as error:
        raise NotStrict("it is nested too deeply") from error
    if not isinstance(value, dict):
        raise NotStrict("it is no JSON object")
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members: dict[str, object] = {}
    for name, value in pairs:
        if name in members:
            raise NotStrict(f"member {shown(name)} appears twice in one object")
        members[name] = value
    return members


def _refuse_constant(text: str) -> object:
    raise NotStrict(f"{text} is no JSON number")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)
