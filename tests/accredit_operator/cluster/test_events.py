"""Events as kubectl finds them."""

import pytest

from accredit_operator.cluster.events import EventType, Happening, event_document
from accredit_operator.ports import DECLARED
from accredit_operator.world import Kind


def _happening(kind=Kind.AGENT_IDENTITY, namespace="research", message="it is suspended"):
    return Happening(
        DECLARED[kind], namespace, "planner", "uid-1", EventType.WARNING, "Suspended", message, 1_790_000_000
    )


def test_an_event_stands_beside_its_object_and_names_it():
    document = event_document(_happening())
    assert document["metadata"] == {"generateName": "planner.", "namespace": "research"}
    assert document["involvedObject"] == {
        "apiVersion": "accredit.dev/v1alpha1",
        "kind": "AgentIdentity",
        "name": "planner",
        "uid": "uid-1",
        "namespace": "research",
    }
    assert document["firstTimestamp"] == document["lastTimestamp"] == "2026-09-21T14:13:20Z"


def test_an_event_of_a_cluster_scoped_object_stands_where_kubectl_looks():
    document = event_document(_happening(Kind.TRUSTED_ISSUER, namespace=""))
    assert document["metadata"]["namespace"] == "default"
    assert "namespace" not in document["involvedObject"]


@pytest.mark.parametrize(("length", "kept"), [(1024, 1024), (1025, 1024), (5000, 1024)])
def test_a_message_is_cut_where_the_api_server_would_refuse_it(length, kept):
    assert len(event_document(_happening(message="x" * length))["message"]) == kept
