"""From a model to a structural schema: the OpenAPI v3 subset that the API server takes, without references."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from accredit_operator.kinds.rules import VALIDATIONS

Schema = dict[str, Any]

# Members of a schema, in the order in which they are written.
_KEPT = (
    "description", "type", "format", "enum", "default", "pattern", "minLength", "maxLength", "minimum", "maximum",
    "minItems", "maxItems", "minProperties", "maxProperties", "required", "properties", "items", "additionalProperties",
    "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-preserve-unknown-fields", VALIDATIONS,
)  # fmt: skip


def structural_schema(model: type[BaseModel]) -> Schema:
    """Return the structural schema of a model: inlined, described, bounded."""
    written = model.model_json_schema(by_alias=True, mode="validation")
    return _structural(written, written.get("$defs", {}))


def _structural(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> Schema:
    whole = _resolved(node, definitions)
    if "description" in whole:
        whole["description"] = " ".join(whole["description"].split())
    if "properties" in whole:
        # What a model forbids, a structural schema prunes or refuses by itself, as fieldValidation says.
        whole.pop("additionalProperties", None)
        whole["properties"] = {name: _structural(part, definitions) for name, part in whole["properties"].items()}
    for member in ("items", "additionalProperties"):
        if isinstance(whole.get(member), Mapping):
            whole[member] = _structural(whole[member], definitions)
    return {member: whole[member] for member in _KEPT if member in whole and not _is_empty_default(member, whole)}


def _resolved(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> Schema:
    """Return a node with what it refers to; what is said at the place of use overrides."""
    if "$ref" not in node:
        return dict(node)
    target = definitions[node["$ref"].rpartition("/")[2]]
    return {**_resolved(target, definitions), **{name: value for name, value in node.items() if name != "$ref"}}


def _is_empty_default(member: str, schema: Schema) -> bool:
    """Whether this is the default of a member that is absent when it is not written."""
    return member == "default" and schema["default"] in (None, [], ())
