"""Kubernetes Events about the objects of group accredit.dev: what `kubectl describe` shows. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from accredit_operator.ports import EVENTS, Collection, Document

_SOURCE = "accredit-operator"
_MAX_MESSAGE = 1024  # what the API server takes


class EventType(StrEnum):
    """The two types that Kubernetes knows."""

    NORMAL = "Normal"
    WARNING = "Warning"


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to an object."""

    collection: Collection
    namespace: str  # empty for a cluster-scoped object
    name: str
    uid: str
    type: EventType
    reason: str  # CamelCase
    message: str
    at: int  # Unix seconds


def event_document(happening: Happening) -> Document:
    """Return the Event to create in EVENTS. Those of cluster-scoped objects stand in `default`, where kubectl looks."""
    at = datetime.fromtimestamp(happening.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    about = {
        "apiVersion": happening.collection.api_version,
        "kind": happening.collection.kind,
        "name": happening.name,
        "uid": happening.uid,
    }
    return {
        "apiVersion": EVENTS.api_version,
        "kind": EVENTS.kind,
        "metadata": {"generateName": f"{happening.name}.", "namespace": happening.namespace or "default"},
        "involvedObject": {**about, "namespace": happening.namespace} if happening.namespace else about,
        "type": happening.type,
        "reason": happening.reason,
        "message": _cut(happening.message),
        "source": {"component": _SOURCE},
        "firstTimestamp": at,
        "lastTimestamp": at,
        "count": 1,
    }


def _cut(message: str) -> str:
    return message if len(message) <= _MAX_MESSAGE else message[: _MAX_MESSAGE - 1] + "…"
