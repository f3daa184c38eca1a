import pytest

from accredit_operator.compile.objects import ObjectUnknown, read_object
from accredit_operator.kinds.trusted_issuer import TrustedIssuerSpec
from accredit_operator.world import Kind, ObjectKey
from fakes.objects import agent, issuer


def test_an_object_in_order_has_its_spec():
    read = read_object(issuer())
    assert read.key == ObjectKey(Kind.TRUSTED_ISSUER, "", "corp-idp")
    assert isinstance(read.spec, TrustedIssuerSpec)
    assert read.problems == ()


def test_metadata_is_read():
    document = agent(created="2026-01-01T00:00:00Z")
    document["metadata"] |= {"generation": 4, "labels": {"tier": "gold"}, "uid": "u", "resourceVersion": "9"}
    read = read_object(document)
    assert (read.created_at, read.generation, read.labels) == (1767225600, 4, {"tier": "gold"})


def test_no_namespace_means_default_and_a_cluster_kind_has_none():
    document = agent()
    del document["metadata"]["namespace"]
    assert read_object(document).key.namespace == "default"
    cluster = issuer()
    cluster["metadata"]["namespace"] = "research"
    assert read_object(cluster).key.namespace == ""


def test_a_status_is_not_read():
    assert read_object({**agent(), "status": {"whatever": 1}}).problems == ()


def test_an_invalid_object_keeps_what_is_readable_of_its_metadata():
    document = agent(created="2026-01-01T00:00:00Z", scopes=None)
    document["metadata"] |= {"labels": {"tier": 7}, "generation": 4}
    read = read_object(document)
    assert read.spec is None
    assert {problem.field for problem in read.problems} == {"spec.scopes", "metadata.labels.tier"}
    assert (read.created_at, read.generation, read.labels) == (1767225600, 4, {})
    assert read.raw is document
    assert read.raw_spec["scopes"] is None


@pytest.mark.parametrize("spec", [None, [], "x", ...])
def test_a_spec_that_is_no_mapping_reads_as_empty(spec):
    document = agent()
    document["spec"] = spec
    if spec is ...:
        del document["spec"]
    read = read_object(document)
    assert (read.spec, read.raw_spec) == (None, {})
    assert read.problems


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"apiVersion": "accredit.dev/v1"}, id="an unknown version"),
        pytest.param({"kind": "ToolPolice"}, id="an unknown kind"),
        pytest.param({"kind": ["ToolPolicy"]}, id="a kind that is no text"),
        pytest.param({"metadata": None}, id="no metadata"),
        pytest.param({"metadata": {}}, id="no name"),
        pytest.param({"metadata": {"name": 7}}, id="a name that is no text"),
        pytest.param({"metadata": {"name": "x", "namespace": None}}, id="a null for a namespace"),
    ],
)
def test_what_names_no_object_is_unknown(change):
    with pytest.raises(ObjectUnknown):
        read_object(agent() | change)


def test_a_name_that_kubernetes_would_refuse_is_a_problem_of_the_object():
    assert [problem.field for problem in read_object(agent("Big Name")).problems] == ["metadata.name"]
