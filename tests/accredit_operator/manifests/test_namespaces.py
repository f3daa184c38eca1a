import pytest

from accredit_operator.manifests.namespaces import read_namespace
from accredit_operator.world import NamespaceFacts


def namespace(**metadata):
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def test_labels_hosts_and_age_are_read():
    read = read_namespace(
        namespace(
            name="tools",
            labels={"tier": "gold"},
            annotations={"accredit.dev/hosts": " a.example, *.b.example\n c.example,", "other": "x"},
            creationTimestamp="2026-01-01T00:00:00Z",
            uid="u",
        )
    )
    assert read == NamespaceFacts("tools", {"tier": "gold"}, ("a.example", "*.b.example", "c.example"), 1767225600)


def test_a_bare_namespace_grants_nothing():
    assert read_namespace(namespace(name="tools")) == NamespaceFacts("tools")


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({}, id="no metadata"),
        pytest.param({"metadata": ["x"]}, id="metadata that is a list"),
        pytest.param(namespace(), id="no name"),
        pytest.param(namespace(name="x", labels={"a": 1}), id="a label that is no text"),
        pytest.param(namespace(name="x", annotations="a"), id="annotations that are a text"),
    ],
)
def test_what_cannot_be_read_is_none(document):
    assert read_namespace(document) is None
