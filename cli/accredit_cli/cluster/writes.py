"""Writes a cut, and says what shows that it is served. A write that meets another one is made again, a few times."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from accredit_cli.cluster import cuts
from accredit_cli.cluster.cuts import Holds
from accredit_extauthz.contract.names import AgentRef
from accredit_operator.ports import DECLARED, AlreadyExists, Cluster, Conflict, Document, Rejected, Stored
from accredit_operator.world import Kind, ObjectKey

_TRIES = 5


@dataclass(frozen=True, slots=True)
class Written:
    """A cut that the API server holds. `generation` is the object's, with the cut in it."""

    key: ObjectKey
    generation: int
    spec: Mapping[str, object]
    holds: Holds


def change_agent(cluster: Cluster, ref: AgentRef, change: Callable[[Document], Document]) -> Written:
    """Return once the agent is changed. Raises ClusterError."""
    collection = DECLARED[Kind.AGENT_IDENTITY]
    for _ in range(_TRIES):
        try:
            stored = cluster.replace(collection, change(cluster.read(collection, ref.namespace, ref.name).document))
        except Conflict:
            continue
        return _written(Kind.AGENT_IDENTITY, stored, cuts.agent_held(ref, _spec(stored)))
    raise Conflict(f"AgentIdentity {ref} changes all the time; try again")


def create_revocation(cluster: Cluster, document: Document) -> Written:
    """Return once the Revocation stands there. Raises ClusterError."""
    collection = DECLARED[Kind.REVOCATION]
    try:
        stored = cluster.create(collection, document)
    except AlreadyExists:
        metadata = document["metadata"]
        assert isinstance(metadata, Mapping)
        stored = cluster.read(collection, str(metadata["namespace"]), str(metadata["name"]))
        if not _says_the_same(_spec(stored), document["spec"]):
            named = f"{stored.namespace}/{stored.name}"
            raise Rejected(f"Revocation {named} stands there and says something else") from None
    return _written(Kind.REVOCATION, stored, cuts.revocation_held(stored.document))


def _written(kind: Kind, stored: Stored, holds: Holds) -> Written:
    metadata = stored.document.get("metadata")
    generation = metadata.get("generation") if isinstance(metadata, Mapping) else None
    key = ObjectKey(kind, stored.namespace, stored.name)
    return Written(key, generation if isinstance(generation, int) else 0, _spec(stored), holds)


def _spec(stored: Stored) -> Mapping[str, object]:
    spec = stored.document.get("spec")
    return spec if isinstance(spec, Mapping) else {}


def _says_the_same(one: Mapping[str, object], other: object) -> bool:
    said = other if isinstance(other, Mapping) else {}
    return {**one, "reason": None} == {**said, "reason": None}
