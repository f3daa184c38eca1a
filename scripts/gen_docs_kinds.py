"""The page of each kind: every field that its CustomResourceDefinition has, and the rules between fields."""
# ruff: noqa: INP001 (a script, no package)

import json
import re
from collections.abc import Iterator
from typing import Any

from gen_docs_markdown import code, page, prose, table

from accredit_operator.kinds import KINDS
from accredit_operator.kinds.crd import definition
from accredit_operator.kinds.resource import GROUP, VERSION, Resource

Schema = dict[str, Any]

# Where a kind is explained or seen in use.
_MORE = {
    "TrustedIssuer": "[Connect an issuer](../how-to/issuers.md) · [Rotate its keys](../how-to/rotate-keys.md)",
    "AgentIdentity": "[Chains](../explanation/chains.md) · [Revoke an agent](../how-to/revoke.md)",
    "ToolPolicy": "[How policies are read](../policies.md) · [An MCP server](../how-to/mcp-server.md) · "
    "[A REST service](../how-to/rest-service.md)",
    "Revocation": "[Revoke an agent now](../how-to/revoke.md)",
}
_SCOPES = {"Cluster": "Cluster-scoped", "Namespaced": "Namespaced"}
_LONGEST_PATTERN = 60  # longer ones hinder more than they help; `kubectl get crd` has them all
_BOUNDS = {"Length": "characters", "Items": "items", "Properties": "members"}


def kind_pages() -> dict[str, str]:
    """Return the pages, by the names of their files."""
    return {f"{_dashed(kind.__name__)}.md": _page(kind) for kind in KINDS.values()}


def _page(kind: type[Resource]) -> str:
    crd = definition(kind)["spec"]
    version = crd["versions"][0]
    schema = version["schema"]["openAPIV3Schema"]
    spec, status = (schema["properties"][part] for part in ("spec", "status"))
    rules = [f"* {code(path)}: {prose(message)}." for path, message in _rules("spec", spec)]
    return page(
        kind.__name__,
        schema["description"],
        f"{_SCOPES[crd['scope']]} · {code(f'apiVersion: {GROUP}/{VERSION}')} · {code(f'kind: {kind.__name__}')} · "
        f"short name {code(kind.short_name)} · in category `accredit`",
        f"See {_MORE[kind.__name__]}.",
        "## Spec",
        _fields("spec", spec),
        "## Rules between fields" if rules else "",
        "\n".join(rules),
        "## Status",
        _fields("status", status),
        "## What `kubectl get` shows",
        _columns(version["additionalPrinterColumns"]),
    )


def _fields(path: str, schema: Schema) -> str:
    return table(("field", "type", "meaning"), _rows(path, schema))


def _rows(path: str, schema: Schema) -> Iterator[tuple[str, str, str]]:
    required = set(schema.get("required", ()))
    for name, member in schema.get("properties", {}).items():
        here = f"{path}.{name}"
        demanded = ", required" if name in required else ""
        yield code(here), f"{_type(member)}{demanded}", _meaning(member)
        at, inner = _inside(here, member)
        yield from _rows(at, inner)


def _inside(path: str, schema: Schema) -> tuple[str, Schema]:
    """Return what further fields stand in, and its path: the items of a list, or the object itself."""
    return (f"{path}[]", schema["items"]) if schema["type"] == "array" else (path, schema)


def _type(schema: Schema) -> str:
    if schema["type"] == "array":
        return f"list of {_type(schema['items'])}s"
    values = schema.get("additionalProperties")
    if isinstance(values, dict):
        return f"map of {_type(values)}s"
    return str(schema["type"])


def _meaning(schema: Schema) -> str:
    said = [prose(schema.get("description", ""))]
    of_items = schema.get("items", {})
    choices = schema.get("enum") or of_items.get("enum") or ()
    if not all(str(choice) in said[0] for choice in choices):
        said.append(f"One of {', '.join(code(choice) for choice in choices)}.")
    if "default" in schema:
        said.append(f"Default {code(_written(schema['default']))}.")
    bounds = [*_bounds(schema), *(f"each {bound}" for bound in _bounds(of_items))]
    if bounds and not said[0].endswith(f" {' '.join(bounds[0].split()[:3])}."):
        said.append(f"{', '.join(bounds)}.".capitalize())
    pattern = schema.get("pattern") or of_items.get("pattern") or ""
    if 0 < len(pattern) <= _LONGEST_PATTERN and r"\p{" not in pattern:
        said.append(f"Pattern {code(pattern)}.")
    return " ".join(part for part in said if part)


def _bounds(schema: Schema) -> Iterator[str]:
    for suffix, unit in _BOUNDS.items():
        yield from _bound(schema.get(f"min{suffix}"), schema.get(f"max{suffix}"), unit)
    yield from _bound(schema.get("minimum"), schema.get("maximum"), "")


def _bound(least: int | None, most: int | None, unit: str) -> Iterator[str]:
    if most is not None:
        yield f"{'at most' if least is None else f'{least} to'} {most} {unit}".rstrip()
    elif least:
        yield f"at least {least} {unit}".rstrip()


def _written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _rules(path: str, schema: Schema) -> Iterator[tuple[str, str]]:
    """Yield what the API server checks beyond types, outermost first: the field it is about, and what it says."""
    for rule in schema.get("x-kubernetes-validations", ()):
        yield path + rule.get("fieldPath", ""), rule["message"]
    if schema["type"] == "array":
        yield from _rules(f"{path}[]", schema["items"])
    for name, member in schema.get("properties", {}).items():
        yield from _rules(f"{path}.{name}", member)


def _columns(columns: list[dict[str, Any]]) -> str:
    rows = (
        (column["name"].upper(), code(column["jsonPath"]) + (" (with `-o wide`)" if column.get("priority") else ""))
        for column in columns
    )
    return table(("column", "from"), rows)


def _dashed(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()
