import contextlib
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accredit_operator.compile.premises import HostClaims, Premises
from accredit_operator.manifests import ManifestsUnreadable, compile_manifests, read_tree
from fakes.objects import agent, issuer, policy


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def write(file, *documents):
    file.write_text("---\n".join(yaml.safe_dump(document, sort_keys=False) for document in documents))
    return file


def faults(*paths):
    with pytest.raises(ManifestsUnreadable) as refused:
        read_tree(paths)
    return [(Path(fault.file).name, fault.line) for fault in refused.value.faults]


def names(manifests):
    return sorted(str(key) for key in manifests.world.objects)


def test_objects_are_read_from_any_layout(folder):
    write(folder / "one.yaml", issuer(), agent())
    (folder / "deep").mkdir()
    write(folder / "deep" / "two.yml", policy())
    assert names(read_tree([folder])) == [
        "AgentIdentity research/planner",
        "ToolPolicy tools/crm",
        "TrustedIssuer corp-idp",
    ]


def test_an_empty_folder_is_an_empty_world(folder):
    assert names(read_tree([folder])) == []


def test_a_byte_order_mark_is_no_content(folder):
    (folder / "a.yaml").write_bytes(b"\xef\xbb\xbf" + yaml.safe_dump(issuer()).encode())
    assert names(read_tree([folder])) == ["TrustedIssuer corp-idp"]


def test_namespaces_are_read(folder):
    metadata = {"name": "tools", "annotations": {"accredit.dev/hosts": "mcp.example"}}
    write(folder / "ns.yaml", {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    write(folder / "all.yaml", issuer(), policy())
    compiled = compile_manifests([folder], Premises(host_claims=HostClaims.GRANTED))
    assert all(verdict.accepted for verdict in compiled.verdicts)


def test_a_list_is_its_items_and_they_know_their_lines(folder):
    inner = {"apiVersion": "v1", "kind": "List", "items": [agent(scopes=["read", "tool:*:x"])]}
    file = write(folder / "list.yaml", {"apiVersion": "v1", "kind": "List", "items": [issuer(), inner]})
    world = read_tree([folder]).world
    (broken,) = (thing for thing in world.objects.values() if thing.spec is None)
    (line,) = (number for number, text in enumerate(file.read_text().splitlines(), 1) if "tool:*:x" in text)
    assert broken.origin.at(broken.problems[0].field) == f"{file}:{line}"
    assert names(read_tree([folder])) == ["AgentIdentity research/planner", "TrustedIssuer corp-idp"]


def test_an_invalid_object_is_taken_in_with_its_problems(folder):
    write(folder / "a.yaml", agent(scopes=None))
    (thing,) = read_tree([folder]).world.objects.values()
    assert (thing.spec, [problem.field for problem in thing.problems]) == (None, ["spec.scopes"])


def test_other_groups_are_ignored_with_one_notice(folder):
    others = [
        {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "x"}} for kind in ("Deployment", "StatefulSet")
    ]
    write(folder / "a.yaml", *others, {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}}, issuer())
    read = read_tree([folder])
    assert names(read) == ["TrustedIssuer corp-idp"]
    assert ["apps" in notice for notice in read.notices] == [True, False]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        pytest.param("a: [", 1, id="no YAML"),
        pytest.param("# nothing\n---\nb: 1\nb: 2", 4, id="a key that stands twice"),
        pytest.param("- just\n- a list", 1, id="a list"),
        pytest.param("kind: ToolPolicy", 1, id="no apiVersion"),
        pytest.param("apiversion: accredit.dev/v1alpha1\nkind: ToolPolicy", 1, id="an apiVersion by another name"),
        pytest.param("\napiVersion: accredit.dev/v2\nkind: ToolPolicy\nmetadata: {name: x}", 2, id="another version"),
        pytest.param("apiVersion: Accredit.dev/v1alpha1\nkind: ToolPolicy\nmetadata: {name: x}", 1, id="a capital"),
        pytest.param("apiVersion: accredit.dev\nkind: Revocation\nmetadata: {name: x}", 1, id="no version"),
        pytest.param("apiVersion: accredit.dev/v1alpha1/\nkind: Revocation", 1, id="a slash too many"),
        pytest.param("apiVersion: accredit.dev/v1alpha1\nkind: Tool\nmetadata: {name: x}", 1, id="an unknown kind"),
        pytest.param("apiVersion: accredit.dev/v1alpha1\nkind: ToolPolicy", 1, id="no name"),
        pytest.param("apiVersion: v1\nkind: Namespace\nmetadata: {}", 1, id="a namespace without a name"),
        pytest.param("apiVersion: v1\nkind: List\nitems:\n- 1", 4, id="an item that is no object"),
        pytest.param("apiVersion: v1\nkind: List\nitems: {}", 3, id="a List without a list"),
    ],
)
def test_a_file_that_cannot_be_taken_in_spoils_the_whole(folder, content, line):
    write(folder / "good.yaml", issuer())
    (folder / "bad.yaml").write_text(content)
    assert faults(folder) == [("bad.yaml", line)]


def test_every_fault_is_told_at_once(folder):
    (folder / "a.yaml").write_text("a: [")
    (folder / "b.yaml").write_text("\nb: {")
    assert faults(folder, folder / "nowhere") == [("nowhere", 1), ("a.yaml", 1), ("b.yaml", 2)]


def test_bytes_that_are_not_utf_8_are_refused_with_their_line(folder):
    (folder / "a.yaml").write_bytes(b"a: 1\nb: \xff")
    assert faults(folder) == [("a.yaml", 2)]


def test_a_file_that_is_too_large_is_refused(folder):
    (folder / "a.yaml").write_bytes(b"# " + b"x" * (16 * 1024 * 1024))
    assert faults(folder) == [("a.yaml", 1)]


def test_a_file_that_cannot_be_opened_is_refused(folder):
    (folder / "a.yaml").symlink_to(folder / "nowhere")
    assert faults(folder) == [("a.yaml", 1)]


_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    document=st.sampled_from([issuer(), agent(), policy(), {"apiVersion": "v1", "kind": "Namespace"}]),
    member=st.sampled_from(["apiVersion", "kind", "metadata", "spec"]),
    inner=st.sampled_from(["", "name", "namespace", "labels", "annotations", "creationTimestamp", "generation"]),
    junk=_JUNK,
)
def test_no_document_makes_reading_raise_anything_else(folder, document, member, inner, junk):
    old = document.get(member)
    write(folder / "a.yaml", {**document, member: {**old, inner: junk} if inner and isinstance(old, dict) else junk})
    with contextlib.suppress(ManifestsUnreadable):
        compile_manifests([folder])


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(agent(), id="an object"),
        pytest.param({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}}, id="a namespace"),
    ],
)
def test_a_name_that_stands_twice_is_refused_with_both_places(folder, document):
    write(folder / "a.yaml", document)
    write(folder / "b.yaml", issuer(), document)
    with pytest.raises(ManifestsUnreadable) as refused:
        read_tree([folder])
    (fault,) = refused.value.faults
    assert Path(fault.file).name == "b.yaml"
    assert f"{folder / 'a.yaml'}:1" in fault.message


def test_one_name_in_two_namespaces_or_kinds_is_two_objects(folder):
    write(folder / "a.yaml", agent("x", "red"), agent("x", "blue"), policy("x", "red"))
    assert len(read_tree([folder]).world.objects) == 3
