"""Everything that recipes and documentation show, before a real API server: strict about names, types and rules."""

import json
import re
from pathlib import Path

import pytest
import yaml

from real.kube import mesh_crds
from real.kube.admin import Answer

ROOT = Path(__file__).parents[3]
RECIPES = sorted(path.parent for path in ROOT.glob("examples/*/expect.yaml"))
_OWN = {"accredit.dev", ""}
_HOME_GROUPS = {"apps", "rbac.authorization.k8s.io", "coordination.k8s.io"}
_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_FENCE = re.compile(r"```yaml\n(.*?)```", re.DOTALL)


def objects(path):
    """The Kubernetes objects in a file, or in the YAML blocks of a page."""
    texts = [path.read_text()] if path.suffix == ".yaml" else _FENCE.findall(path.read_text())
    documents = (one for text in texts for one in yaml.safe_load_all(text))
    return [one for one in documents if isinstance(one, dict) and {"apiVersion", "kind", "metadata"} <= one.keys()]


def group(document):
    return document["apiVersion"].rpartition("/")[0]


def is_ours(document):
    return group(document) in _OWN | _HOME_GROUPS


@pytest.fixture(scope="module")
def namespaces(kube):
    """Those that the recipes speak of."""
    names = {one["metadata"].get("namespace") for recipe in RECIPES for file in files(recipe) for one in objects(file)}
    for name in {"research", "crm"} | (names - {None}):
        kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})


@pytest.fixture(scope="module")
def meshes(kube):
    """The kinds of the meshes."""
    definitions = mesh_crds.find()
    for one in definitions:
        kube.apply(one)
    for one in definitions:
        kube.until(lambda name=one["metadata"]["name"]: is_established(kube, name))
    yield
    for one in definitions:
        kube.request("DELETE", f"{_CRDS}/{one['metadata']['name']}")


def is_established(kube, name):
    conditions = kube.request("GET", f"{_CRDS}/{name}").get("status", {}).get("conditions", ())
    return ("Established", "True") in {(one["type"], one["status"]) for one in conditions}


def files(recipe):
    return sorted((recipe / "manifests").glob("*.yaml"))


def try_on(kube, document):
    """Apply as `kubectl apply --server-side --dry-run=server --validate=strict` does."""
    path = f"{kube.path(document)}?fieldManager=tests&force=true&dryRun=All&fieldValidation=Strict"
    return kube.request("PATCH", path, json.dumps(document), "application/apply-patch+yaml")


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_the_api_server_takes_a_recipe(kube, namespaces, recipe):
    tried = [one for file in files(recipe) for one in objects(file) if is_ours(one)]
    assert [try_on(kube, one)["metadata"]["name"] for one in tried] == [one["metadata"]["name"] for one in tried]
    assert len(tried) >= 4


@pytest.mark.parametrize("recipe", ["envoy-gateway", "gateway-api", "istio"])
def test_the_api_server_takes_what_a_recipe_gives_to_a_mesh(kube, namespaces, meshes, recipe):
    tried = [one for file in files(ROOT / "examples" / recipe) for one in objects(file) if not is_ours(one)]
    for one in tried:
        assert try_on(kube, one)["metadata"]["name"] == one["metadata"]["name"]
    assert tried


def test_the_api_server_takes_what_pages_show(kube, namespaces):
    pages = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")]
    for one in (one for page in pages for one in objects(page)):
        if is_ours(one):
            try_on(kube, one)


def test_a_typo_would_be_refused(kube, namespaces):
    (agent, *_) = (one for one in objects(RECIPES[0] / "manifests" / "access.yaml") if one["kind"] == "AgentIdentity")
    with pytest.raises(Answer):
        try_on(kube, {**agent, "spec": {**agent["spec"], "scope": ["x"]}})
