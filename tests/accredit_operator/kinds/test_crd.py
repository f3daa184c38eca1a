from pathlib import Path

import pytest
from pydantic import ValidationError

from accredit_operator.kinds import KINDS
from accredit_operator.kinds.crd import definition, file_name, main, rendered
from accredit_operator.kinds.rules import BROKEN_RULES

CRDS = Path(__file__).parents[3] / "crds"


def _version(kind):
    (version,) = definition(kind)["spec"]["versions"]
    return version


def _schemas(node, path=""):
    """Yield every schema beneath a kind's, with its path."""
    yield path, node
    for name, part in node.get("properties", {}).items():
        yield from _schemas(part, f"{path}.{name}")
    for member in ("items", "additionalProperties"):
        if member in node:
            yield from _schemas(node[member], f"{path}[]")


def _all_schemas():
    for kind in KINDS.values():
        yield from _schemas(_version(kind)["schema"]["openAPIV3Schema"], kind.__name__)


SCHEMAS = dict(_all_schemas())


def test_the_files_are_what_the_models_say():
    assert {path.name: path.read_text(encoding="utf-8") for path in CRDS.glob("*.yaml")} == {
        file_name(kind): rendered(kind) for kind in KINDS.values()
    }


def test_every_property_is_described():
    properties = (f"{path}.{name}" for path, node in SCHEMAS.items() for name in node.get("properties", {}))
    silent = [path for path in properties if not SCHEMAS[path].get("description")]
    assert silent == [f"{name}.metadata" for name in KINDS]


def test_every_description_is_one_line_that_ends_in_a_full_stop():
    said = (node["description"] for node in SCHEMAS.values() if "description" in node)
    assert [text for text in said if "\n" in text or not text.endswith(".")] == []


def test_every_text_list_and_map_is_bounded():
    bounds = {"string": "maxLength", "array": "maxItems"}
    at_the_top = {f"{name}.{member}" for name in KINDS for member in ("apiVersion", "kind")}
    unbounded = {path for path, node in SCHEMAS.items() if _needs_bound(node) and bounds[node["type"]] not in node}
    assert unbounded == at_the_top
    maps = [node for node in SCHEMAS.values() if "additionalProperties" in node]
    assert maps
    assert all("maxProperties" in node for node in maps)


def _needs_bound(node):
    return node["type"] in ("string", "array") and "enum" not in node


def test_every_list_says_how_it_merges():
    merges = {path: node.get("x-kubernetes-list-type") for path, node in SCHEMAS.items() if node["type"] == "array"}
    assert {path.rpartition(".")[2] for path, how in merges.items() if how == "set"} == {
        "scopes",
        "algorithms",
        "callers",
    }
    assert {path.rpartition(".")[2] for path, how in merges.items() if how == "map"} == {"rules", "conditions"}
    assert set(merges.values()) == {"atomic", "set", "map"}


def test_schemas_are_structural():
    foreign = {"$ref", "$defs", "anyOf", "oneOf", "allOf", "title", "const", "nullable"}
    assert [path for path, node in SCHEMAS.items() if foreign & node.keys() or "type" not in node] == []
    assert [path for path, node in SCHEMAS.items() if node.get("additionalProperties") in (True, False)] == []


def test_only_inline_keys_keep_unknown_fields():
    free = {path for path, node in SCHEMAS.items() if "x-kubernetes-preserve-unknown-fields" in node}
    assert free == {"TrustedIssuer.spec.jwks.inline", "TrustedIssuer.spec.jwks.inline.keys[]"}


def test_no_default_stands_for_an_absent_member():
    assert [path for path, node in SCHEMAS.items() if node.get("default", "some") in (None, [])] == []


def test_names_and_scopes_are_those_of_the_api():
    names = {
        kind: (spec["scope"], spec["names"]["plural"], spec["names"]["shortNames"], spec["names"]["categories"])
        for kind, spec in ((name, definition(kind)["spec"]) for name, kind in KINDS.items())
    }
    assert names == {
        "TrustedIssuer": ("Cluster", "trustedissuers", ["ti"], ["accredit"]),
        "AgentIdentity": ("Namespaced", "agentidentities", ["aid"], ["accredit"]),
        "ToolPolicy": ("Namespaced", "toolpolicies", ["tpol"], ["accredit"]),
        "Revocation": ("Namespaced", "revocations", ["rvk"], ["accredit"]),
    }


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_columns_begin_with_ready_and_end_with_age_and_message(kind):
    columns = _version(kind)["additionalPrinterColumns"]
    headings = [column["name"] for column in columns]
    assert (headings[:2], headings[-2:]) == (["Ready", "Reason"], ["Age", "Message"])
    assert 2 <= len(headings) - 4 <= 3
    assert columns[-1]["priority"] == 1
    assert _version(kind)["subresources"] == {"status": {}}


def _rules_in_the_schemas():
    entries = (entry for node in SCHEMAS.values() for entry in node.get("x-kubernetes-validations", []))
    return {entry["rule"]: entry for entry in entries}


def test_only_the_immutable_issuer_has_no_python_side():
    assert [rule for rule in _rules_in_the_schemas() if "oldSelf" in rule] == ["self == oldSelf"]


def test_every_rule_of_the_schemas_refuses_a_document_in_python_too(broken_rules):
    assert _rules_in_the_schemas().keys() - {"self == oldSelf"} == broken_rules


@pytest.fixture
def broken_rules(bad_documents):
    found = set()
    for document in bad_documents:
        try:
            KINDS[document["kind"]].model_validate(document)
        except ValidationError as error:
            broken = (details for details in error.errors() if details["type"] == BROKEN_RULES)
            found |= {rule.cel for details in broken for rule in details["ctx"]["rules"]}
    return found


class TestTheCommand:
    def test_writes_files_that_check_accepts(self, tmp_path):
        assert main(["--folder", str(tmp_path / "crds")]) == 0
        assert main(["--folder", str(tmp_path / "crds"), "--check"]) == 0

    def test_check_names_an_edited_file(self, tmp_path, capsys):
        main(["--folder", str(tmp_path)])
        edited = tmp_path / "accredit.dev_revocations.yaml"
        edited.write_text("kind: Other\n", encoding="utf-8")
        assert main(["--folder", str(tmp_path), "--check"]) == 1
        assert str(edited) in capsys.readouterr().err

    def test_check_names_a_missing_file(self, tmp_path, capsys):
        assert main(["--folder", str(tmp_path), "--check"]) == 1
        assert "accredit.dev_toolpolicies.yaml" in capsys.readouterr().err

    def test_check_names_a_file_of_no_kind(self, tmp_path, capsys):
        main(["--folder", str(tmp_path)])
        (tmp_path / "accredit.dev_others.yaml").write_text("", encoding="utf-8")
        assert main(["--folder", str(tmp_path), "--check"]) == 1
        assert "accredit.dev_others.yaml" in capsys.readouterr().err
