"""Laying one written value over another: for objects (RFC 7396), and for what a case changes of its file."""

from collections.abc import Mapping


def patched(target: object, patch: object) -> object:
    """Return `target` changed by a JSON merge patch: null removes a member, lists are replaced (RFC 7396 §2)."""
    if not isinstance(patch, Mapping):
        return patch
    members = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            members.pop(name, None)
        else:
            members[name] = patched(members.get(name), value)
    return members


def layered(base: object, over: object) -> object:
    """Return `over` laid on `base`, as `patched` does, but with nulls kept: what they remove may be a later default."""
    if not isinstance(base, Mapping) or not isinstance(over, Mapping):
        return over
    return {**base, **{name: layered(base.get(name), value) for name, value in over.items()}}


def present(members: Mapping[str, object]) -> dict[str, object]:
    """Return the members that are not null."""
    return {name: value for name, value in members.items() if value is not None}


def pruned(members: Mapping[str, object]) -> dict[str, object]:
    """Return the members that are not null, at every depth of mappings."""
    return {
        name: pruned(value) if isinstance(value, Mapping) else value
        for name, value in members.items()
        if value is not None
    }
