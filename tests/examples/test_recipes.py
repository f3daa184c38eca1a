"""Every recipe: its manifests are accepted, and the server's own decisions are those that its page lists."""

import re
from pathlib import Path

import pytest
import yaml

from accredit_cli.scenarios.running import Runner
from accredit_cli.scenarios.suite import read_scenarios, run_scenarios
from accredit_operator.compile.compile import compile_world
from accredit_operator.compile.premises import MANIFESTS, HostClaims, Premises
from accredit_operator.manifests import read_tree

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
RECIPES = sorted(path.parent for path in EXAMPLES.glob("*/expect.yaml"))
KUBERNETES = Premises(host_claims=HostClaims.GRANTED, staleness_known=True)
_ROW = re.compile(r"^\| (.*) \| `([a-z_]+)` \|$", re.MULTILINE)

each_recipe = pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)


@pytest.fixture(scope="module")
def runner():
    return Runner()


def test_every_folder_is_a_recipe_and_is_listed():
    folders = {path.name for path in EXAMPLES.iterdir() if path.is_dir()} - {"kubernetes"}
    assert {recipe.name for recipe in RECIPES} == folders
    listed = set(re.findall(r"\]\(([a-z0-9-]+)/README\.md\)", (EXAMPLES / "README.md").read_text()))
    assert listed == folders


@each_recipe
@pytest.mark.parametrize("premises", [MANIFESTS, KUBERNETES], ids=["from files", "in Kubernetes"])
def test_the_manifests_are_accepted(recipe, premises):
    verdicts = compile_world(read_tree([recipe / "manifests"]).world, premises).verdicts
    assert {str(verdict.key): verdict.message for verdict in verdicts if not verdict.accepted} == {}
    assert {verdict.key.kind for verdict in verdicts} == {"TrustedIssuer", "AgentIdentity", "ToolPolicy"}


@each_recipe
def test_a_folder_can_be_applied_at_once(recipe):
    """As `kubectl apply -f` does, file after file: a namespace stands before what is in it."""
    standing = {"accredit-system", "ingress", None}
    for file in sorted((recipe / "manifests").glob("*.yaml")):
        for document in filter(None, yaml.safe_load_all(file.read_text())):
            assert (file.name, document["metadata"].get("namespace") in standing) == (file.name, True)
            if document["kind"] == "Namespace":
                standing.add(document["metadata"]["name"])


@each_recipe
def test_decisions_come_out_as_it_says(recipe, runner):
    results = tuple(run_scenarios(read_scenarios([recipe / "expect.yaml"]), runner))
    assert {result.scenario.case.case: result.differences for result in results if result.differences} == {}


@each_recipe
def test_the_page_lists_these_decisions_and_no_others(recipe):
    decided = [(one.case.case, one.case.expect.reason.value) for one in read_scenarios([recipe / "expect.yaml"])]
    assert _ROW.findall((recipe / "README.md").read_text()) == decided


@each_recipe
def test_what_the_page_links_to_is_there(recipe):
    targets = re.findall(r"\]\((?!https?://)([^)#]+)", (recipe / "README.md").read_text())
    assert [target for target in targets if not (recipe / target).exists()] == []
