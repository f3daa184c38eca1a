"""YAML text to plain values, without YAML's surprises, each field's line kept.

Mappings, lists, strings, `true` and `false`, decimal numbers and null; everything else that is written plainly is
text: times, `yes`, `010`. Keys are text and stand once. Nothing is constructed from tags, aliases are bounded.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias, assert_never

import yaml

_Event: TypeAlias = "yaml.ScalarEvent | yaml.AliasEvent | yaml.CollectionStartEvent | yaml.CollectionEndEvent"
Value: TypeAlias = "dict[str, Value] | list[Value] | str | int | float | bool | None"

MAX_VALUES = 200_000  # in one file, those that aliases repeat counted each time
MAX_DEPTH = 64

_MAX_PLAIN = 32  # characters of a plain scalar that may be more than text

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where PyYAML has it: ten times the speed
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,2})?")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq")}


class DocumentUnreadable(Exception):
    """The text is not YAML that can be read; `line` says where, counted from 1."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        self.message = message
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Document:
    """One document: its value, the line it starts on, and the line of each field path (`spec.rules[0].name`)."""

    value: Value
    line: int
    lines: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Anchored:
    """A value that aliases may repeat: how many values it holds, and how many levels."""

    value: Value
    size: int
    height: int


@dataclass(slots=True)
class _Open:
    """A collection that is being read."""

    value: dict[str, Value] | list[Value]
    path: str
    line: int
    anchor: str | None
    counted_before: int
    height: int = 1  # levels, itself included
    key: str | None = None


@dataclass(slots=True)
class _Reading:
    """The state of one document."""

    lines: dict[str, int] = field(default_factory=dict)
    anchors: dict[str, _Anchored] = field(default_factory=dict)
    stack: list[_Open] = field(default_factory=list)
    result: Value = None
    line: int = 1


def read_documents(text: str) -> Iterator[Document]:
    """Yield the documents of a file, empty ones left out. Raises DocumentUnreadable."""
    counted = 0
    reading = _Reading()
    for event in _events(text):
        line = 1 if event.start_mark is None else event.start_mark.line + 1
        match event:
            case yaml.DocumentStartEvent():
                reading = _Reading(line=line)
            case yaml.DocumentEndEvent():
                if reading.result is not None:
                    yield Document(reading.result, reading.line, reading.lines)
            case yaml.ScalarEvent() | yaml.AliasEvent() | yaml.CollectionStartEvent() | yaml.CollectionEndEvent():
                counted = _take(reading, event, line, counted)
            case _:
                pass  # the stream's own start and end


def _events(text: str) -> Iterator[yaml.Event]:
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        # What is missing at the end is reported on the line after the last.
        line = 1 if mark is None else min(mark.line + 1, len(text.splitlines()) or 1)
        raise DocumentUnreadable(line, f"it is not YAML: {error.problem or 'unreadable'}") from error
    except yaml.reader.ReaderError as error:
        # libyaml counts bytes of UTF-8.
        line = text.encode()[: error.position].count(b"\n") + 1
        raise DocumentUnreadable(line, f"it is not YAML: {error.reason}") from error


def _take(reading: _Reading, event: _Event, line: int, counted: int) -> int:
    """Take one event in, and return how many values the file holds so far."""
    match event:
        case yaml.ScalarEvent():
            _check_tag(event.tag, line)
            if _awaits_key(reading):
                _take_key(reading, event.value, line)
                return counted
            reading.lines.setdefault(_next_path(reading), line)
            _place(reading, _Anchored(_scalar(event), 1, 0), event.anchor)
            return _counted(counted + 1, line)
        case yaml.AliasEvent():
            repeated = _aliased(reading, event.anchor or "", line)
            _place(reading, repeated, None)
            return _counted(counted + repeated.size, line)
        case yaml.CollectionStartEvent():
            _check_tag(event.tag, line)
            _open(reading, event, line, counted)
            return _counted(counted + 1, line)
        case yaml.CollectionEndEvent():
            closed = reading.stack.pop()
            _place(reading, _Anchored(closed.value, counted - closed.counted_before, closed.height), closed.anchor)
            return counted
        case never:
            assert_never(never)


def _counted(counted: int, line: int) -> int:
    if counted > MAX_VALUES:
        raise DocumentUnreadable(line, f"the file holds more than {MAX_VALUES} values; split it, or drop its aliases")
    return counted


def _check_tag(tag: str | None, line: int) -> None:
    if tag is not None and tag != "!" and tag not in _TAGS:
        raise DocumentUnreadable(line, f"the tag {tag[:64]} is not read; write plain values")


def _awaits_key(reading: _Reading) -> bool:
    return bool(reading.stack) and isinstance(reading.stack[-1].value, dict) and reading.stack[-1].key is None


def _take_key(reading: _Reading, key: str, line: int) -> None:
    top = reading.stack[-1]
    assert isinstance(top.value, dict)
    if key in top.value:
        raise DocumentUnreadable(line, f'the key "{key[:64]}" stands twice in one mapping; keep one')
    top.key = key
    reading.lines[_child_path(top)] = line


def _open(reading: _Reading, event: yaml.CollectionStartEvent, line: int, counted: int) -> None:
    if _awaits_key(reading):
        raise DocumentUnreadable(line, "a mapping or list stands as a key; keys are text")
    if len(reading.stack) >= MAX_DEPTH:
        raise DocumentUnreadable(line, f"more than {MAX_DEPTH} levels are nested")
    path = _next_path(reading)
    reading.lines.setdefault(path, line)
    value: dict[str, Value] | list[Value] = {} if isinstance(event, yaml.MappingStartEvent) else []
    reading.stack.append(_Open(value, path, line, event.anchor, counted))


def _next_path(reading: _Reading) -> str:
    return _child_path(reading.stack[-1]) if reading.stack else ""


def _child_path(top: _Open) -> str:
    if isinstance(top.value, list):
        return f"{top.path}[{len(top.value)}]"
    return f"{top.path}.{top.key}" if top.path else str(top.key)


def _aliased(reading: _Reading, anchor: str, line: int) -> _Anchored:
    if _awaits_key(reading):
        raise DocumentUnreadable(line, "an alias stands as a key; write the key out")
    repeated = reading.anchors.get(anchor)
    if repeated is None:
        raise DocumentUnreadable(line, f"the alias *{anchor[:64]} names nothing that is complete above it")
    if len(reading.stack) + repeated.height > MAX_DEPTH:
        raise DocumentUnreadable(line, f"more than {MAX_DEPTH} levels are nested")
    return repeated


def _place(reading: _Reading, read: _Anchored, anchor: str | None) -> None:
    if anchor is not None:
        reading.anchors[anchor] = read
    if not reading.stack:
        reading.result = read.value
        return
    top = reading.stack[-1]
    top.height = max(top.height, read.height + 1)
    if isinstance(top.value, list):
        top.value.append(read.value)
    else:
        assert top.key is not None
        top.value[top.key] = read.value
        top.key = None


def _scalar(event: yaml.ScalarEvent) -> Value:
    text = event.value
    if not event.implicit[0] or len(text) > _MAX_PLAIN:  # quoted, in a block, or tagged as text
        return text
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text
