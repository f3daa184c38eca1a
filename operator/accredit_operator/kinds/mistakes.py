"""What is wrong with a document, in words: the field as users spell it, what was found there, and what to write."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from accredit_operator.kinds.lists import DUPLICATE
from accredit_operator.kinds.rules import BROKEN_RULES
from accredit_operator.kinds.text import GRAMMARS

_SHOWN = 64  # longest value that a sentence repeats
_TYPES = {
    "string_type": "write a text, in quotes where it looks like something else",
    "bool_type": "write true or false, without quotes",
    "int_type": "write a whole number, without quotes",
    "int_from_float": "write a whole number",
    "tuple_type": "write a list",
    "model_type": "write a mapping of members to values",
    "dict_type": "write a mapping of names to texts",
    "dict_attributes_type": "write a mapping of members to values",
}
_BOUNDS = {
    "greater_than_equal": ("ge", "write a number of at least {}"),
    "less_than_equal": ("le", "write a number of at most {}"),
    "string_too_short": ("min_length", "write at least {} character, or leave the field out"),
    "string_too_long": ("max_length", "write a text of at most {} characters"),
    "too_short": ("min_length", "write at least {} item, or leave the field out"),
    "too_long": ("max_length", "write at most {} items"),
}


class Mistake(NamedTuple):
    """One thing that is wrong with a document."""

    path: str  # such as spec.rules[0].scopes; empty for the document itself
    found: str
    write: str


def mistakes_in(error: ValidationError, model: type[BaseModel]) -> list[Mistake]:
    """Return every mistake behind an error that validating a document as `model` raised, in the document's order."""
    errors = (details for details in error.errors(include_url=False) if not _is_echo(details))
    return [mistake for details in errors for mistake in _mistakes(details, model)]


def _is_echo(details: ErrorDetails) -> bool:
    """Whether a list was found too short only because its wrong items were not counted."""
    return details["type"] == "too_short" and len(details["input"]) >= details["ctx"]["min_length"]


def _mistakes(details: ErrorDetails, model: type[BaseModel]) -> Iterator[Mistake]:
    path = _spell(details["loc"])
    if details["type"] == BROKEN_RULES:
        for rule in details["ctx"]["rules"]:
            yield Mistake(".".join(part for part in (path, rule.field) if part), rule.found, rule.write)
    else:
        yield Mistake(path, *_found_and_write(details, model))


def _found_and_write(details: ErrorDetails, model: type[BaseModel]) -> tuple[str, str]:
    kind, loc, value, context = details["type"], details["loc"], details["input"], details.get("ctx", {})
    if kind in _FIELDS:
        return _FIELDS[kind](loc, model)
    if kind == DUPLICATE:
        return f"{_show(context['value'])} stands twice", "write it once"
    if value is None:
        return "it is null", "write a value, or leave the field out"
    return _show(value), _remedy(kind, value, context) or details["msg"]


def _remedy(kind: str, value: object, context: Mapping[str, Any]) -> str | None:
    """Say what to write in place of a value of the wrong type, grammar or size."""
    match kind:
        case "enum" | "literal_error":
            return _one_of(value, context["expected"])
        case "string_pattern_mismatch":
            return GRAMMARS[context["pattern"]]
        case "instant":
            return f"write another day: {context['text']}"
        case _ if kind in _BOUNDS:
            bound, sentence = _BOUNDS[kind]
            return sentence.format(context[bound])
        case _:
            return _TYPES.get(kind)


def _missing(loc: Sequence[str | int], model: type[BaseModel]) -> tuple[str, str]:
    return "it is missing", _with_description("write it", loc, model)


def _unknown(loc: Sequence[str | int], model: type[BaseModel]) -> tuple[str, str]:
    return "there is no such field", _nearest(str(loc[-1]), _members(loc[:-1], model))


def _unnamed(loc: Sequence[str | int], _model: type[BaseModel]) -> tuple[str, str]:
    return f"the field's name is {_show(loc[-1])}, which is no text", "write it in quotes"


# Errors about a field rather than about its value.
_FIELDS = {"missing": _missing, "extra_forbidden": _unknown, "invalid_key": _unnamed}


def _spell(loc: Iterable[str | int]) -> str:
    """Return a location as users write it. Names with other characters than a field's stand in brackets."""
    parts = (f".{part}" if re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", str(part)) else f"[{part}]" for part in loc)
    return "".join(parts).removeprefix(".")


def _show(value: object) -> str:
    """Return a value as a sentence may repeat it: escaped, and described only where it is long."""
    match value:
        case str() if len(value) > _SHOWN:
            return f"a text of {len(value)} characters"
        case bool() | str() | int() | float():
            return json.dumps(value)[: 2 * _SHOWN]
        case Mapping():
            return "a mapping" if value else "an empty mapping"
        case Sequence():
            return f"a list of {len(value)}" if value else "an empty list"
        case _:
            return f"a value of type {type(value).__name__}"


def _nearest(name: str, names: Sequence[str]) -> str:
    """Say which of `names` was meant, or what there is."""
    near = [known for known in names if known.lower() == name.replace("_", "").lower()]
    near = near or get_close_matches(name, names, n=1)
    return f"write {near[0]}" if near else f"leave it out, or write one of {', '.join(names)}"


def _one_of(value: object, expected: str) -> str:
    choices = re.findall(r"'([^']*)'", expected)
    near = [choice for choice in choices if choice.lower() == str(value).lower()] or choices
    return f"write {near[0]}" if len(near) == 1 else f"write one of {', '.join(near)}"


def _with_description(write: str, loc: Sequence[str | int], model: type[BaseModel]) -> str:
    owner = _node_at(loc[:-1], model)
    fields = owner.model_fields.items() if owner else ()
    said = next((field.description for name, field in fields if (field.alias or name) == loc[-1]), None)
    first = " ".join((said or "").split()).partition(". ")[0].removesuffix(".")
    return f"{write}: {first[:1].lower()}{first[1:]}" if first else write


def _members(loc: Iterable[str | int], model: type[BaseModel]) -> list[str]:
    owner = _node_at(loc, model)
    return [field.alias or name for name, field in owner.model_fields.items()] if owner else []


def _node_at(loc: Iterable[str | int], model: type[BaseModel]) -> type[BaseModel] | None:
    """Return the model that describes the mapping at `loc`."""
    node: type[BaseModel] | None = model
    for part in loc:
        if isinstance(part, str) and node is not None:
            fields = node.model_fields.items()
            node = next((_model_in(field.annotation) for name, field in fields if (field.alias or name) == part), None)
    return node


def _model_in(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - whatever a field is annotated with
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)
