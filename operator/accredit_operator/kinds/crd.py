"""The four CustomResourceDefinitions, generated from the models: `python -m accredit_operator.kinds.crd [--check]`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from accredit_operator.kinds import KINDS
from accredit_operator.kinds.resource import GROUP, VERSION, Resource
from accredit_operator.kinds.schema import Schema, structural_schema

CATEGORY = "accredit"
_HEADER = "# Generated from accredit_operator.kinds by `make gen`.\n"
_API_VERSION = "Version of the schema in which the object is written."
_KIND = "Kind of the object."


def definition(kind: type[Resource]) -> dict[str, Any]:
    """Return the CustomResourceDefinition of a kind (apiextensions.k8s.io/v1)."""
    name = kind.__name__
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "names": {
                "kind": name,
                "listKind": f"{name}List",
                "plural": kind.plural,
                "singular": name.lower(),
                "shortNames": [kind.short_name],
                "categories": [CATEGORY],
            },
            "scope": "Namespaced" if kind.is_namespaced else "Cluster",
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": _columns(kind),
                    "schema": {"openAPIV3Schema": _schema(kind)},
                }
            ],
        },
    }


def file_name(kind: type[Resource]) -> str:
    """Return the name of the file that holds a kind's definition."""
    return f"{GROUP}_{kind.plural}.yaml"


def rendered(kind: type[Resource]) -> str:
    """Return the file that holds a kind's definition."""
    return _HEADER + yaml.safe_dump(definition(kind), sort_keys=False, width=120, allow_unicode=True)


def _schema(kind: type[Resource]) -> Schema:
    spec = kind.model_fields["spec"].annotation
    assert isinstance(spec, type)
    assert issubclass(spec, BaseModel)
    return {
        "description": _one_line(kind.__doc__),
        "type": "object",
        "required": ["metadata", "spec"],
        "properties": {
            "apiVersion": {"description": _API_VERSION, "type": "string"},
            "kind": {"description": _KIND, "type": "string"},
            "metadata": {"type": "object"},
            "spec": structural_schema(spec),
            "status": structural_schema(kind.status_model),
        },
    }


def _columns(kind: type[Resource]) -> list[dict[str, Any]]:
    facts = [_column(heading, of_type, path) for heading, of_type, path in kind.columns]
    return [
        _column("Ready", "string", _condition("Ready", "status")),
        _column("Reason", "string", _condition("Ready", "reason")),
        *facts,
        _column("Age", "date", ".metadata.creationTimestamp"),
        {**_column("Message", "string", _condition("Ready", "message")), "priority": 1},
    ]


def _column(heading: str, of_type: str, path: str) -> dict[str, Any]:
    return {"name": heading, "type": of_type, "jsonPath": path}


def _condition(condition: str, member: str) -> str:
    return f'.status.conditions[?(@.type=="{condition}")].{member}'


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def write(folder: Path) -> None:
    """Write every kind's definition into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind in KINDS.values():
        (folder / file_name(kind)).write_text(rendered(kind), encoding="utf-8")


def differing(folder: Path) -> list[Path]:
    """Return the files in `folder` that are not what the models say."""
    expected = {folder / file_name(kind): rendered(kind) for kind in KINDS.values()}
    present = {path: path.read_text(encoding="utf-8") for path in folder.glob(f"{GROUP}_*.yaml")}
    return sorted(path for path in expected.keys() | present.keys() if expected.get(path) != present.get(path))


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the definitions, or with --check say which files differ; 1 if any does."""
    parser = argparse.ArgumentParser(prog="python -m accredit_operator.kinds.crd", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file differs from the models")
    parser.add_argument("--folder", type=Path, default=Path("crds"), help="where the files stand (crds)")
    options = parser.parse_args(arguments)
    if not options.check:
        write(options.folder)
        return 0
    stale = differing(options.folder)
    for path in stale:
        sys.stderr.write(f"{path} differs from the models in accredit_operator.kinds; run `make gen`.\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
