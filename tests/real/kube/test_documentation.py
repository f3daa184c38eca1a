"""The objects that the documentation shows are taken by the API server: schema, rules and all."""

import json
import re

import yaml

from real.kube.admin import ROOT, Answer

PAGES = sorted((ROOT / "docs").rglob("*.md"))
FENCE = re.compile(r"^( *)```yaml\n(.*?)^\1```", re.DOTALL | re.MULTILINE)


def objects(page):
    for indent, block in FENCE.findall(page.read_text(encoding="utf-8")):
        text = re.sub(rf"^{indent}", "", block, flags=re.MULTILINE)
        yield from (one for one in yaml.safe_load_all(text) if "apiVersion" in one)


def try_out(kube, document, namespace):
    """Return what the API server has against an object; nothing is stored."""
    document["metadata"]["namespace"] = namespace
    path = f"{kube.path(document)}?fieldManager=tests&force=true&dryRun=All&fieldValidation=Strict"
    if document["kind"] == "TrustedIssuer":
        del document["metadata"]["namespace"]
    try:
        kube.request("PATCH", path, json.dumps(document), "application/apply-patch+yaml")
    except Answer as answer:
        return str(answer)
    return None


def test_every_object_of_a_page_is_taken(kube, clean, namespace):
    tried = [(page.name, try_out(kube, one, namespace)) for page in PAGES for one in objects(page)]
    assert len(tried) > 10
    assert [(name, said) for name, said in tried if said] == []
