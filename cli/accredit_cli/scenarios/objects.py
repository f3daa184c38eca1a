"""The objects of a case: those of its file, changed by merge patches, with test keys in place of the issuers' own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from accredit_cli.minting import SigningKey
from accredit_cli.scenarios.form import Case, Members
from accredit_cli.scenarios.keys import issuer_keys, with_keys
from accredit_cli.scenarios.layers import patched
from accredit_operator.compile.objects import API_VERSION, DEFAULT_NAMESPACE, ObjectUnknown, read_object
from accredit_operator.manifests.namespaces import read_namespace
from accredit_operator.world import Declared, Kind, NamespaceFacts, World

NAMESPACE = "Namespace"

_CLUSTER_SCOPED = (Kind.TRUSTED_ISSUER, NAMESPACE)
_VERSIONS = {NAMESPACE: "v1"}


class ObjectsUnusable(ValueError):
    """A case names or changes objects in a way that makes no sense; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Staged:
    """The manifests of one case by key (`AgentIdentity/research/planner`, `TrustedIssuer/corp-idp`), keys included."""

    manifests: Mapping[str, Members]
    keys: Mapping[str, tuple[SigningKey, ...]] = field(default_factory=dict)  # TrustedIssuer name -> its test keys

    def issuer_spec(self, name: str) -> Mapping[str, object]:
        """Return the spec of a TrustedIssuer as written. Raises ObjectsUnusable when there is none."""
        manifest = self.manifests.get(f"{Kind.TRUSTED_ISSUER}/{name}")
        if manifest is None:
            raise ObjectsUnusable(f"token.issuer: no TrustedIssuer {name} among the objects; write the name of one")
        spec = manifest.get("spec")
        return spec if isinstance(spec, Mapping) else {}


def key_of(manifest: Mapping[str, object]) -> str:
    """Return how a case names an object: KIND/NAMESPACE/NAME, or KIND/NAME for one without namespace."""
    metadata = manifest.get("metadata")
    named = metadata if isinstance(metadata, Mapping) else {}
    kind, name = manifest.get("kind"), named.get("name")
    if kind in _CLUSTER_SCOPED:
        return f"{kind}/{name}"
    return f"{kind}/{named.get('namespace', DEFAULT_NAMESPACE)}/{name}"


def stage(base: Iterable[Members], case: Case, wanted: Mapping[str, tuple[str, ...] | None]) -> Staged:
    """Return a case's objects. `wanted` holds, by TrustedIssuer name, algorithms of test keys; None keeps its own keys.

    Raises ObjectsUnusable.
    """
    manifests = {key_of(manifest): manifest for manifest in base}
    for key, patch in case.with_.items():
        if patch is not None:
            manifests[key] = _changed(key, manifests.get(key), patch)
        elif manifests.pop(key, None) is None:
            raise ObjectsUnusable(f"with: there is no {key} to leave out; write one of {', '.join(sorted(manifests))}")
    keys = {}
    for key, manifest in list(manifests.items()):
        kind, _, name = key.partition("/")
        if kind == Kind.TRUSTED_ISSUER and not (name in wanted and wanted[name] is None):
            spec = manifest.get("spec")
            keys[name] = issuer_keys(name, spec if isinstance(spec, Mapping) else {}, wanted.get(name))
            manifests[key] = with_keys(manifest, keys[name])
    return Staged(manifests, keys)


def world_of(staged: Staged) -> World:
    """Return the manifests as the operator reads them. Raises ObjectsUnusable for what would spoil a whole folder."""
    objects: list[Declared[object]] = []
    namespaces: list[NamespaceFacts] = []
    for key, manifest in staged.manifests.items():
        if manifest.get("kind") == NAMESPACE:
            facts = read_namespace(manifest)
            if facts is None:
                raise ObjectsUnusable(f"{key}: its name, labels or annotations are no texts; correct them")
            namespaces.append(facts)
            continue
        try:
            objects.append(read_object(manifest, None))
        except ObjectUnknown as error:
            raise ObjectsUnusable(f"{key}: {error}") from error
    return World.of(objects, namespaces)


def _changed(key: str, manifest: Members | None, patch: Members) -> Members:
    changed = patched(_named(key) if manifest is None else manifest, patch)
    assert isinstance(changed, dict)
    return changed


def _named(key: str) -> Members:
    """Return a new object that has but its name."""
    kind, *place = key.split("/")
    is_named = len(place) == (1 if kind in _CLUSTER_SCOPED else 2) and all(place)
    if kind not in {*Kind, NAMESPACE} or not is_named:
        raise ObjectsUnusable(
            f"with: {key!r} names no object; write KIND/NAMESPACE/NAME,"
            f" or KIND/NAME for {' and '.join(_CLUSTER_SCOPED)}"
        )
    metadata = dict(zip(("name",) if len(place) == 1 else ("namespace", "name"), place, strict=True))
    return {"apiVersion": _VERSIONS.get(kind, API_VERSION), "kind": kind, "metadata": metadata}
