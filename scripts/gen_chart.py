"""Write what the chart has from elsewhere: CRDs from crds/, values.schema.json and README.md's table from values.yaml.

With --check nothing is written, and the exit status is 1 when a file is out of date. A value is described by the lines
`# --` above it; a line `# @schema {…}` above it adds to the schema that its default implies.
"""
# ruff: noqa: INP001 (a script, no package)

import argparse
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
CHART = ROOT / "charts" / "accredit"
BEGIN, END = "<!-- values: written by scripts/gen_chart.py -->\n", "<!-- end of values -->"
_TYPES = {
    "tag:yaml.org,2002:bool": "boolean",
    "tag:yaml.org,2002:int": "integer",
    "tag:yaml.org,2002:str": "string",
    "tag:yaml.org,2002:seq": "array",
    "tag:yaml.org,2002:map": "object",
}
_NAMED = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "minLength": 1}}}
_QUANTITIES = {"type": "object", "additionalProperties": {"type": ["string", "number"]}}
_SECONDS = {"type": "integer", "minimum": 0}
_PROBE_TIMES = (
    "initialDelaySeconds",
    "periodSeconds",
    "timeoutSeconds",
    "successThreshold",
    "failureThreshold",
    "terminationGracePeriodSeconds",
)
DEFINITIONS: dict[str, Any] = {
    "strings": {"type": "object", "additionalProperties": {"type": "string"}},
    "free": {"type": "object"},
    "named": _NAMED,
    "label": {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"},
    "env": {
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"type": "string", "minLength": 1}, "value": {"type": "string"}, "valueFrom": {}},
        "additionalProperties": False,
    },
    "mount": {
        "type": "object",
        "required": ["name", "mountPath"],
        "properties": {"name": {"type": "string"}, "mountPath": {"type": "string", "pattern": "^/"}},
    },
    "port": {"type": "integer", "minimum": 1, "maximum": 65535},
    "probe": {
        "type": "object",
        "properties": dict.fromkeys(_PROBE_TIMES, _SECONDS),
        "additionalProperties": False,
    },
    "resources": {
        "type": "object",
        "properties": {"requests": _QUANTITIES, "limits": _QUANTITIES, "claims": {"type": "array", "items": _NAMED}},
        "additionalProperties": False,
    },
    "share": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^([0-9]+%?)?$"}]},
    "spread": {
        "type": "object",
        "required": ["maxSkew", "topologyKey", "whenUnsatisfiable"],
        "properties": {
            "maxSkew": {"type": "integer", "minimum": 1},
            "whenUnsatisfiable": {"enum": ["ScheduleAnyway", "DoNotSchedule"]},
        },
    },
    "issuerRef": {
        "type": "object",
        "properties": {name: {"type": "string", "minLength": 1} for name in ("name", "kind", "group")},
        "additionalProperties": False,
        "dependentRequired": {"kind": ["name"], "group": ["name"]},
    },
}


@dataclass(frozen=True)
class Value:
    """One leaf of values.yaml."""

    path: tuple[str, ...]
    type: str
    default: Any
    description: str
    narrowed: dict[str, Any]

    @property
    def schema(self) -> dict[str, Any]:
        """Return what the schema says of it."""
        is_free = "$ref" in self.narrowed
        return {"description": self.description, **({} if is_free else {"type": self.type}), **self.narrowed}


def values() -> list[Value]:
    """Return every leaf, in the order of the file. A non-empty map without a description of its own is no leaf."""
    text = (CHART / "values.yaml").read_text(encoding="utf-8")
    root = yaml.compose(text)
    assert isinstance(root, yaml.MappingNode)
    return list(_leaves(root, (), text.splitlines()))


def _leaves(node: yaml.MappingNode, above: tuple[str, ...], lines: list[str]) -> Iterator[Value]:
    for key, value in node.value:
        path = (*above, key.value)
        description, narrowed = _comment(lines, key.start_mark.line)
        if not description and isinstance(value, yaml.MappingNode) and value.value:
            yield from _leaves(value, path, lines)
            continue
        if not description:
            sys.exit(f"values.yaml: {'.'.join(path)} has no comment that begins with `# --`")
        yield Value(path, _TYPES[value.tag], yaml.safe_load(yaml.serialize(value)), description, narrowed)


def _comment(lines: list[str], line: int) -> tuple[str, dict[str, Any]]:
    """Return the description and the addition to the schema that stand right above a line."""
    start = line
    while start > 0 and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    said, narrowed = [], {}
    for each in lines[start:line]:
        text = each.lstrip().removeprefix("#").strip()
        if text.startswith("@schema "):
            narrowed = yaml.safe_load(text.removeprefix("@schema "))
        elif text.startswith("-- "):
            said = [text.removeprefix("-- ")]
        elif said:
            said.append(text)
    return " ".join(said), narrowed


def schema() -> str:
    """Return values.schema.json."""
    root: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Values of the chart accredit",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "global": {"description": "What a parent chart tells all its charts; not read here.", "type": "object"},
            "enabled": {"description": "A parent chart's condition; not read here.", "type": "boolean"},
        },
        "$defs": DEFINITIONS,
    }
    for value in values():
        at = root
        for name in value.path[:-1]:
            fresh = {"type": "object", "additionalProperties": False, "properties": {}}
            at = at["properties"].setdefault(name, fresh)
        at["properties"][value.path[-1]] = value.schema
    return json.dumps(root, indent=2) + "\n"


def readme() -> str:
    """Return README.md with its table of values as values.yaml has them."""
    text = (CHART / "README.md").read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    rows = (f"| `{'.'.join(value.path)}` | {_code(value.default)} | {value.description} |" for value in values())
    table = "\n".join(("| value | default | what it does |", "|---|---|---|", *rows))
    return f"{before}{BEGIN}\n{table}\n\n{rest[rest.index(END) :]}"


def _code(default: object) -> str:
    written = json.dumps(default).replace("|", "\\|")
    return f"`{written}`"


def crd(text: str) -> str:
    """Return the template of a CRD: the same, if it is wanted, with the chart's labels and annotations."""
    if "{{" in text:
        sys.exit("crds/: a definition has {{ in it, which Helm would read as its own")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    name = next(index for index, line in enumerate(lines) if re.match(r"  name: ", line))
    added = [
        "  labels:",
        '    {{- include "accredit.labels" (dict "root" $ "component" "crds") | nindent 4 }}',
        "  {{- if or .Values.crds.keep .Values.crds.annotations }}",
        "  annotations:",
        "    {{- if .Values.crds.keep }}",
        "    helm.sh/resource-policy: keep",
        "    {{- end }}",
        "    {{- with .Values.crds.annotations }}",
        "    {{- toYaml . | nindent 4 }}",
        "    {{- end }}",
        "  {{- end }}",
    ]
    head = ["# Generated from crds/ by `make chart`.", "{{- if .Values.crds.enabled }}"]
    return "\n".join([*head, *lines[: name + 1], *added, *lines[name + 1 :], "{{- end }}"]) + "\n"


def wanted() -> dict[Path, str]:
    """Return every file that is written here, and its text."""
    files = {CHART / "values.schema.json": schema(), CHART / "README.md": readme()}
    for path in sorted((ROOT / "crds").glob("*.yaml")):
        files[CHART / "templates" / "crds" / path.name] = crd(path.read_text(encoding="utf-8"))
    return files


def main() -> None:
    """Write or check, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file differs")
    files = wanted()
    folder = CHART / "templates" / "crds"
    foreign = [path for path in folder.glob("*") if path not in files]
    if not parser.parse_args().check:
        for path, text in files.items():
            path.write_text(text, encoding="utf-8")
        for path in foreign:
            path.unlink()
        return
    stale = [path for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if stale or foreign:
        sys.exit(f"out of date: {', '.join(path.name for path in [*stale, *foreign])}; run `make chart`")


if __name__ == "__main__":
    main()
