"""What the API server's JSON says of the labelled ConfigMaps: lists, and the lines of a watch. Pure.

Only the members that matter are read, straight into records: a list of a large snapshot is megabytes.
"""

from dataclasses import dataclass

import msgspec

from accredit_extauthz.contract.publication import CONTENT, PART
from accredit_extauthz.source.parts import Change, Part


class Unreadable(ValueError):
    """The API server's answer is not the JSON that it should be."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A complete list, and the version that a watch goes on from."""

    version: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """One event."""

    version: str
    change: Change
    part: Part


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Nothing happened up to this version."""

    version: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The API server ends the watch; code 410 says that the version to watch from is gone."""

    code: int
    message: str


class _Metadata(msgspec.Struct, frozen=True, rename="camel"):
    name: str = ""
    labels: dict[str, str] | None = None
    resource_version: str = ""


class _ConfigMap(msgspec.Struct, frozen=True):
    metadata: _Metadata
    data: dict[str, str] | None = None


class _List(msgspec.Struct, frozen=True):
    metadata: _Metadata
    items: list[_ConfigMap] | None


class _Event(msgspec.Struct, frozen=True):
    type: str
    object: msgspec.Raw


class _Status(msgspec.Struct, frozen=True):
    code: int = 0
    message: str = ""


_LIST = msgspec.json.Decoder(_List)
_EVENT = msgspec.json.Decoder(_Event)
_CONFIG_MAP = msgspec.json.Decoder(_ConfigMap)
_STATUS = msgspec.json.Decoder(_Status)
_CHANGES = {"ADDED": Change.KEPT, "MODIFIED": Change.KEPT, "DELETED": Change.GONE}


def read_list(data: bytes) -> Listed:
    """Return a list. Raises Unreadable."""
    try:
        found = _LIST.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(f"the list cannot be read: {error}") from error
    return Listed(found.metadata.resource_version, tuple(_part(item) for item in found.items or ()))


def read_event(line: bytes) -> Changed | Bookmark | Ended:
    """Return one line of a watch. Raises Unreadable."""
    try:
        event = _EVENT.decode(line)
        if event.type == "ERROR":
            status = _STATUS.decode(event.object)
            return Ended(status.code, status.message)
        found = _CONFIG_MAP.decode(event.object)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(f"an event cannot be read: {error}") from error
    if event.type == "BOOKMARK":
        return Bookmark(found.metadata.resource_version)
    change = _CHANGES.get(event.type)
    if change is None:
        raise Unreadable(f"an event has type {event.type!r}")
    return Changed(found.metadata.resource_version, change, _part(found))


def _part(found: _ConfigMap) -> Part:
    content = (found.data or {}).get(CONTENT)
    part = (found.metadata.labels or {}).get(PART, "")
    return Part(found.metadata.name, part, None if content is None else content.encode())
