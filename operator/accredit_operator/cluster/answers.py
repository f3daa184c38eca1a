"""What the API server answered: JSON into objects, and refusals into the errors of the port. Pure."""

from collections.abc import Iterable, Mapping
from typing import cast

import msgspec

from accredit_operator.ports import (
    AlreadyExists,
    ClusterError,
    Collection,
    Conflict,
    Document,
    Forbidden,
    NotFound,
    Rejected,
    Stored,
    TransientError,
)

_NOT_FOUND, _CONFLICT, _GONE = 404, 409, 410
_REJECTED = frozenset({400, 405, 406, 413, 415, 422})
_REMEDIES = {
    401: "the API server does not accept these credentials",
    403: "if a role is missing, grant it as examples/kubernetes/rbac.yaml does",
}
_MAX_TEXT = 500


def stored_of(document: Document, collection: Collection) -> Stored:
    """Return an object as it came, with the kind that items of a list leave out. Raises TransientError."""
    metadata = document.get("metadata")
    if not isinstance(metadata, Mapping):
        raise TransientError(f"the API server answered with {collection.plural} that have no metadata")
    named = {"apiVersion": collection.api_version, "kind": collection.kind, **document}
    return Stored(
        namespace=str(metadata.get("namespace") or ""),
        name=str(metadata.get("name") or ""),
        uid=str(metadata.get("uid") or ""),
        resource_version=str(metadata.get("resourceVersion") or ""),
        document=named,
    )


def page_of(document: Document, collection: Collection) -> tuple[Iterable[Stored], str, str]:
    """Return a page of a list: its objects, the list's version, and the token of the next page or nothing."""
    metadata, items = document.get("metadata"), document.get("items")
    if not isinstance(metadata, Mapping) or not isinstance(items, list | None):
        raise TransientError(f"the API server answered a list of {collection.plural} with something else")
    found = tuple(stored_of(cast("Document", item), collection) for item in items or ())
    return found, str(metadata.get("resourceVersion") or ""), str(metadata.get("continue") or "")


def decode(data: bytes, request: str) -> Document:
    """Return a JSON object. Raises TransientError for anything else: a proxy's page, a body cut short."""
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        document = None
    if not isinstance(document, dict):
        raise TransientError(f"{request}: the API server answered with something that is no JSON object")
    return document


def error_of(request: str, status: int, data: bytes, retry_after: str | None) -> ClusterError:
    """Return the error that an answer with this HTTP status means. `request` names what was asked."""
    reason, message = _said(data)
    sentence = f"{request}: {status} {message or reason}".rstrip()
    if status == _CONFLICT:
        return AlreadyExists(sentence) if reason == "AlreadyExists" else Conflict(sentence)
    if status in _REMEDIES:
        return Forbidden(f"{sentence}; {_REMEDIES[status]}")
    if status == _NOT_FOUND:
        return NotFound(sentence)
    return Rejected(sentence) if status in _REJECTED else TransientError(sentence, _seconds(retry_after))


def is_expired(status: int) -> bool:
    """Whether the continuation of a list has been forgotten, so that the list must begin again."""
    return status == _GONE


def _said(data: bytes) -> tuple[str, str]:
    """Return reason and message of a Status; of another body, its beginning."""
    try:
        status = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        status = None
    if not isinstance(status, dict):
        return "", data[:_MAX_TEXT].decode(errors="replace")
    return str(status.get("reason") or ""), str(status.get("message") or "")[:_MAX_TEXT]


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after and retry_after.isascii() and retry_after.isdigit() else None
