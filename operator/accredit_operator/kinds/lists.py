"""How the API server merges a list, and which items may not stand in it twice."""

from collections import Counter
from typing import Literal

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

DUPLICATE = "duplicate"  # type of the pydantic error


class ListType:
    """Annotates a list: `atomic` is replaced as a whole, items of a `set` and keys of a `map` are unique."""

    def __init__(self, kind: Literal["atomic", "set", "map"], *, key: str = "") -> None:
        self.kind = kind
        self.key = key

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check uniqueness after the items."""
        if self.kind == "atomic":
            return handler(source)
        return core_schema.no_info_after_validator_function(self._unique, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Name the merge strategy."""
        keys = {"x-kubernetes-list-map-keys": [self.key]} if self.kind == "map" else {}
        return {**handler(schema), "x-kubernetes-list-type": self.kind, **keys}

    def _unique(self, items: tuple[object, ...]) -> tuple[object, ...]:
        counts = Counter(getattr(item, self.key) if self.key else item for item in items)
        twice = [str(text) for text, count in counts.items() if count > 1]
        if twice:
            raise PydanticCustomError(DUPLICATE, "{value} stands twice", {"value": twice[0], "key": self.key})
        return items
