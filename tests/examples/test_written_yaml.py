"""Every object that documentation shows can be applied: it is read by the operator's own models."""

import re
from pathlib import Path

import pytest
import yaml

from accredit_operator.compile.objects import read_object
from accredit_operator.kinds.resource import GROUP, VERSION

ROOT = Path(__file__).parents[2]
PAGES = sorted({ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")})
FILES = sorted((ROOT / "examples").rglob("*.yaml"))
_FENCE = re.compile(r"```yaml\n(.*?)```", re.DOTALL)


def shown(path):
    """The documents of a file, or those in a page's blocks of YAML."""
    texts = [path.read_text()] if path.suffix == ".yaml" else _FENCE.findall(path.read_text())
    return [document for text in texts for document in yaml.safe_load_all(text) if document is not None]


@pytest.mark.parametrize("path", [*PAGES, *FILES], ids=lambda path: str(path.relative_to(ROOT)))
def test_the_objects_shown_are_well_formed(path):
    for document in shown(path):
        if isinstance(document, dict) and str(document.get("apiVersion", "")).startswith(GROUP):
            assert document["apiVersion"] == f"{GROUP}/{VERSION}"
            assert [str(problem) for problem in read_object(document).problems] == []


def test_there_is_something_to_read():
    found = [one["kind"] for path in FILES for one in shown(path) if isinstance(one, dict) and "apiVersion" in one]
    assert {"TrustedIssuer", "AgentIdentity", "ToolPolicy"} <= set(found)
    assert len(found) > 50
