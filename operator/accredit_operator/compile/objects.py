"""A document of group accredit.dev to a declared object. Collects every structural problem; never raises for one."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from accredit_operator.compile.verdict import Problem
from accredit_operator.kinds.agent_identity import AgentIdentity
from accredit_operator.kinds.mistakes import mistakes_in
from accredit_operator.kinds.resource import GROUP, VERSION, Metadata
from accredit_operator.kinds.revocation import Revocation
from accredit_operator.kinds.tool_policy import ToolPolicy
from accredit_operator.kinds.trusted_issuer import TrustedIssuer
from accredit_operator.world import Declared, Kind, ObjectKey, Origin

API_VERSION = f"{GROUP}/{VERSION}"
DEFAULT_NAMESPACE = "default"

_MODELS: Mapping[Kind, type[TrustedIssuer | AgentIdentity | ToolPolicy | Revocation]] = {
    Kind.TRUSTED_ISSUER: TrustedIssuer,
    Kind.AGENT_IDENTITY: AgentIdentity,
    Kind.TOOL_POLICY: ToolPolicy,
    Kind.REVOCATION: Revocation,
}
_NAMELESS = Metadata(name="nameless")

PartT = TypeVar("PartT", bound=BaseModel)


class ObjectUnknown(ValueError):
    """A document of our group that names no object: its kind, version or name cannot be read."""


def read_object(raw: Mapping[str, object], origin: Origin | None = None) -> Declared[object]:
    """Return the object in `raw`, without a spec when its structure is wrong. Raises ObjectUnknown."""
    key = _read_key(raw)
    try:
        model = _MODELS[key.kind].model_validate(dict(raw))
    except ValidationError as error:
        mistakes = mistakes_in(error, _MODELS[key.kind])
        problems = tuple(Problem(mistake.path or "(document)", mistake.found, mistake.write) for mistake in mistakes)
        metadata, spec = _read_metadata(raw), None
    else:
        problems, metadata, spec = (), model.metadata, model.spec
    return Declared(
        key=key,
        spec=spec,
        raw=raw,
        problems=problems,
        created_at=metadata.created_at,
        generation=metadata.generation,
        labels=metadata.labels or {},
        origin=origin,
    )


def readable(model: type[PartT], written: object) -> PartT | None:
    """Return a part of an invalid object, or None when that part is what cannot be read."""
    try:
        return model.model_validate(written)
    except ValidationError:
        return None


def _read_key(raw: Mapping[str, object]) -> ObjectKey:
    version, kind, metadata = raw.get("apiVersion"), raw.get("kind"), raw.get("metadata")
    if version != API_VERSION:
        raise ObjectUnknown(f"this apiVersion is not known; write {API_VERSION}")
    if not isinstance(kind, str) or kind not in set(Kind):
        raise ObjectUnknown(f"this kind is not known; write one of {', '.join(Kind)}")
    if not isinstance(metadata, Mapping):
        raise ObjectUnknown(f"a {kind} without metadata; write its name there")
    name = _name(metadata.get("name"), "metadata.name")
    if not _MODELS[Kind(kind)].is_namespaced:
        return ObjectKey(Kind(kind), "", name)
    return ObjectKey(Kind(kind), _name(metadata.get("namespace", DEFAULT_NAMESPACE), "metadata.namespace"), name)


def _name(written: object, field: str) -> str:
    if not isinstance(written, str) or not written:
        raise ObjectUnknown(f"{field} is missing or no text; write a name")
    return written


def _read_metadata(raw: Mapping[str, object]) -> Metadata:
    """Return what of an invalid object's metadata can be read, member by member."""
    written = raw.get("metadata")
    assert isinstance(written, Mapping)  # the key was read from it
    members = [
        readable(Metadata, {"name": "nameless", name: value}) for name, value in written.items() if name != "name"
    ]
    read = [metadata.model_dump(exclude_unset=True, exclude={"name"}) for metadata in members if metadata is not None]
    return _NAMELESS.model_copy(update={name: value for part in read for name, value in part.items()})
