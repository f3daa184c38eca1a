"""The demo's own folder."""

import pytest
import yaml

from accredit_cli.demo.steps import RevokeBefore, Rewrite, Spoil
from accredit_cli.demo.story import STORY
from accredit_cli.demo.workspace import prepare, replace, write_field


@pytest.fixture
def workspace(tmp_path):
    return prepare(tmp_path)


def objects(workspace):
    return [yaml.safe_load(path.read_text()) for path in sorted(workspace.manifests.rglob("*.yaml"))]


def test_the_issuer_publishes_the_fresh_key_and_nothing_private(workspace):
    (issuer,) = [each for each in objects(workspace) if each["kind"] == "TrustedIssuer"]
    assert issuer["spec"]["jwks"]["inline"]["keys"] == [workspace.key.jwk()]
    assert "d" not in workspace.key.jwk()


def test_no_two_demos_share_a_key(tmp_path):
    assert prepare(tmp_path / "a").key.jwk() != prepare(tmp_path / "b").key.jwk()


def test_every_edit_of_the_story_changes_its_file(workspace):
    for edit in [step.edit for step in STORY if step.edit is not None]:
        text = (workspace.manifests / edit.file).read_text()
        if isinstance(edit, Spoil):
            assert edit.old in text
            with pytest.raises(yaml.YAMLError):
                yaml.safe_load(text.replace(edit.old, edit.new))
        elif isinstance(edit, Rewrite):
            assert yaml.safe_load(text.replace(edit.old, edit.new)) != yaml.safe_load(text)
        elif isinstance(edit, RevokeBefore):
            assert yaml.safe_load(text)["kind"] == "AgentIdentity"


def test_a_field_is_written_and_the_rest_stays(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("spec: {a: 1, b: {c: 2}}\n")
    write_field(path, ("spec", "b", "c"), value=True)
    assert yaml.safe_load(path.read_text()) == {"spec": {"a": 1, "b": {"c": True}}}


def test_replacing_leaves_no_other_file(tmp_path):
    path = tmp_path / "x.yaml"
    replace(path, "a: 1\n")
    assert [each.name for each in tmp_path.iterdir()] == ["x.yaml"]
