"""Lets a suspended agent act again, in the text of its manifest: no comment moves and no other line changes.

Tokens from before the suspension stay dead: `revokedBefore` is set to the moment of resuming, and `suspended` goes to
false in the same edit, so no snapshot ever holds one without the other.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import yaml

from accredit_cli.moments import written
from accredit_operator.compile.objects import DEFAULT_NAMESPACE
from accredit_operator.kinds.times import unix_seconds
from accredit_operator.manifests.documents import Value, read_documents
from accredit_operator.world import Kind, ObjectKey


class NotResumable(ValueError):
    """The agent cannot be resumed in this text; the message says why and what to do."""


class NotSuspended(NotResumable):
    """The agent is not suspended: there is nothing to resume."""


@dataclass(frozen=True, slots=True)
class _Edit:
    """Puts `text` in place of the characters from `start` to `end`."""

    start: int
    end: int
    text: str


def resumed(text: str, agent: ObjectKey, now: int) -> str:
    """Return the file with the agent resumed at `now` (Unix seconds). Raises NotResumable, NotSuspended."""
    index, document = _find(text, agent)
    spec = document["spec"]
    if not isinstance(spec, Mapping) or spec.get("suspended") is not True:
        raise NotSuspended(f"{agent} is not suspended; nothing was changed")
    changes: dict[str, Value] = {"revokedBefore": written(_latest(spec.get("revokedBefore"), now)), "suspended": False}
    node = _spec_node(text, index)
    edits = [_setting(node, name, _as_yaml(value)) for name, value in changes.items()]
    changed = _applied(text, edits)
    # The edit works on characters; what it means is checked on values. An anchor, say, could carry it elsewhere.
    if list(_values(changed)) != _expected(text, index, changes):
        raise NotResumable(f"{agent} is written in a way that cannot be edited here; set {_as_words(changes)} by hand")
    return changed


def _find(text: str, agent: ObjectKey) -> tuple[int, Mapping[str, Value]]:
    for index, value in enumerate(_values(text)):
        if isinstance(value, dict) and _is(value, agent):
            return index, value
    raise NotResumable(f"{agent} is not in this file")


def _is(document: Mapping[str, Value], agent: ObjectKey) -> bool:
    metadata = document.get("metadata")
    if document.get("kind") != Kind.AGENT_IDENTITY or not isinstance(metadata, Mapping):
        return False
    namespace = metadata.get("namespace", DEFAULT_NAMESPACE)
    return metadata.get("name") == agent.name and namespace == agent.namespace and "spec" in document


def _latest(revoked_before: Value, now: int) -> int:
    """Return the later of the two: resuming revives no token."""
    return max(now, unix_seconds(revoked_before)) if isinstance(revoked_before, str) else now


def _values(text: str) -> Iterable[Value]:
    return (document.value for document in read_documents(text))


def _expected(text: str, index: int, changes: Mapping[str, Value]) -> list[Value]:
    # Through JSON: two places that share an anchor become two values, of which one changes.
    values: list[Value] = json.loads(json.dumps(list(_values(text))))
    document = values[index]
    assert isinstance(document, dict)
    spec = document["spec"]
    assert isinstance(spec, dict)
    spec.update(changes)
    return values


def _spec_node(text: str, index: int) -> yaml.MappingNode:
    # The pure Python loader: its marks count characters, libyaml's count bytes.
    nodes = [node for node in yaml.compose_all(text, Loader=yaml.SafeLoader) if _holds_something(node)]
    spec = next(value for key, value in nodes[index].value if key.value == "spec")
    assert isinstance(spec, yaml.MappingNode)
    return spec


def _holds_something(node: yaml.Node | None) -> bool:
    return isinstance(node, yaml.MappingNode | yaml.SequenceNode) or (node is not None and node.value not in {"", "~"})


def _setting(spec: yaml.MappingNode, name: str, text: str) -> _Edit:
    """Replace the member's value, or put the member before the first."""
    for key, value in spec.value:
        if key.value == name:
            return _Edit(value.start_mark.index, value.end_mark.index, text)
    first = spec.value[0][0].start_mark
    separator = ", " if spec.flow_style else "\n" + " " * first.column
    return _Edit(first.index, first.index, f"{name}: {text}{separator}")


def _applied(text: str, edits: Iterable[_Edit]) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        text = text[: edit.start] + edit.text.replace("\n", newline) + text[edit.end :]
    return text


def _as_yaml(value: Value) -> str:
    return f'"{value}"' if isinstance(value, str) else "false"


def _as_words(changes: Mapping[str, Value]) -> str:
    return " and ".join(f"{name}: {_as_yaml(value)}" for name, value in changes.items())
