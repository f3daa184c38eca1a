"""Constraints beyond a field's own shape: each is written once, as CEL for the API server and as Python for files.

An object is refused in a folder for the same reasons as in a cluster, because both verdicts come from one `Rule`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from keyword import iskeyword
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.alias_generators import to_snake
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

BROKEN_RULES = "broken_rules"  # type of the pydantic error that carries `Rule`s in its context
VALIDATIONS = "x-kubernetes-validations"


@dataclass(frozen=True, slots=True)
class Rule:
    """A constraint over one value: `cel` and `holds` say the same of it."""

    cel: str
    holds: Callable[[Any], bool]
    found: str
    write: str
    field: str = ""  # the member to point at, as users spell it; empty for the value itself

    def as_validation(self) -> dict[str, str]:
        """Return the entry of `x-kubernetes-validations`."""
        entry = {"rule": self.cel, "message": f"{self.found}; {self.write}"}
        return {**entry, "fieldPath": f".{self.field}"} if self.field else entry


@dataclass(frozen=True, slots=True)
class Transition:
    """A constraint between an object and its successor, for the API server alone.

    It has no Python side: a folder has no former state, an edit there is a deletion and a creation.
    """

    cel: str
    message: str

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Add the constraint to the field's schema."""
        return with_validations(handler(schema), [{"rule": self.cel, "message": self.message}])


class Obeys:
    """Annotates a scalar with rules."""

    def __init__(self, *rules: Rule) -> None:
        self.rules = rules

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check the rules after the value's own shape."""

        def obey(value: object) -> object:
            enforce(self.rules, value)
            return value

        return core_schema.no_info_after_validator_function(obey, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Add the rules to the field's schema."""
        return with_validations(handler(schema), [rule.as_validation() for rule in self.rules])


def enforce(rules: Iterable[Rule], value: object) -> None:
    """Raise one validation error that carries every rule that `value` breaks."""
    broken = tuple(rule for rule in rules if not rule.holds(value))
    if broken:
        raise PydanticCustomError(BROKEN_RULES, "{text}", {"rules": broken, "text": "; ".join(r.found for r in broken)})


def with_validations(schema: JsonSchemaValue, entries: list[dict[str, str]]) -> JsonSchemaValue:
    """Return `schema` with `entries` after the validations that it has already."""
    return {**schema, VALIDATIONS: [*schema.get(VALIDATIONS, []), *entries]} if entries else schema


def some_of(what: str, *members: str) -> Rule:
    """Demand that at least one of an object's optional members is written."""
    return Rule(
        cel=" || ".join(f"has(self.{member})" for member in members),
        holds=lambda value: any(_has(value, member) for member in members),
        found=f"{what} without a member",
        write=f"write at least one of {', '.join(members)}",
    )


def union(discriminator: str, members: dict[str, str]) -> tuple[Rule, ...]:
    """Demand that of the members named by `{discriminator value: member}` exactly the chosen one is written."""
    return tuple(_arm(discriminator, choice, member) for choice, member in members.items())


def _arm(discriminator: str, choice: str, member: str) -> Rule:
    return Rule(
        cel=f"(self.{discriminator} == '{choice}') == has(self.{member})",
        holds=lambda value: (_member(value, discriminator) == choice) == _has(value, member),
        field=member,
        found=f"{member} goes with {discriminator} {choice} and nothing else",
        write=f"write it exactly when {discriminator} is {choice}",
    )


def _has(value: object, member: str) -> bool:
    """Mirror CEL's `has` for an optional member, which is None when it is not written."""
    return _member(value, member) is not None


def _member(value: object, member: str) -> object:
    return getattr(value, f"{member}_" if iskeyword(member) else to_snake(member))
