"""Protocol Buffers on the wire: the few kinds of field that an answer has, written byte by byte.

An answer is mostly text that the one before it had too, so it is put together from pieces that are kept. Made of
protobuf's objects, which write the same, it would cost four times as much.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

_SHORT = 0x80  # a length below it takes one byte, which is itself
_ONE_BYTE: Final = tuple(bytes([length]) for length in range(_SHORT))
_NAMES = 256  # header names and metadata keys: ours, and those of extra headers

_KEY, _VALUE = 1, 2  # fields of HeaderValue, and of an entry of a map
_HEADER, _OVERWRITE = b"\x0a", b"\x18\x02"  # HeaderValueOption: header, append_action OVERWRITE_IF_EXISTS_OR_ADD
_FRAME = len(_HEADER + _OVERWRITE) + 1  # bytes of an option around its header, of a short one
_STRING_VALUE = b"\x1a"  # of google.protobuf.Value
_ENTRY = b"\x0a"  # of the map in google.protobuf.Struct


def tag(number: int) -> bytes:
    """Return what stands before a length-delimited field, whose number is below 16."""
    return bytes([number << 3 | 2])


def varint(value: int) -> bytes:
    """Return a whole number, not negative."""
    digits = bytearray()
    while value >= _SHORT:
        digits.append(value & 0x7F | _SHORT)
        value >>= 7
    digits.append(value)
    return bytes(digits)


def delimited(before: bytes, data: bytes) -> bytes:
    """Return a message, or text, as a field: `before` is its tag."""
    size = len(data)
    return b"%b%b%b" % (before, _ONE_BYTE[size] if size < _SHORT else varint(size), data)


def text(number: int, value: str) -> bytes:
    """Return a field of text, which is left out when it is empty. Raises UnicodeEncodeError for a lone surrogate."""
    return delimited(tag(number), value.encode()) if value else b""


def whole(number: int, value: int) -> bytes:
    """Return a field of a whole number, which is left out when it is zero."""
    return varint(number << 3) + varint(value) if value else b""


def overwriting(before: bytes, name: str, value: str) -> bytes:
    """Return, behind its tag, a HeaderValueOption that puts `value` in the place of whatever there is.

    Any other append action would put our value beside the client's: "mallory,alice". `value` is not empty.
    """
    data, after_key = value.encode(), _after_key(name)
    size = len(after_key) + len(data) + 1
    if size < _SHORT - _FRAME:  # all three lengths take one byte
        return b"%b%c\x0a%c%b%c%b\x18\x02" % (before, size + _FRAME, size, after_key, len(data), data)
    return delimited(before, delimited(_HEADER, delimited(after_key, data)) + _OVERWRITE)


def struct(fields: Mapping[str, str]) -> bytes:
    """Return a google.protobuf.Struct of texts, none of them empty, in the order of their names."""
    return b"".join([entry(name, fields[name]) for name in sorted(fields)])


def entry(name: str, value: str) -> bytes:
    """Return one field of a google.protobuf.Struct: a text that is not empty."""
    data, after_key = value.encode(), _after_key(name)
    size = len(after_key) + len(data) + 3
    if size < _SHORT:
        return b"\x0a%c%b%c\x1a%c%b" % (size, after_key, len(data) + 2, len(data), data)
    return delimited(_ENTRY, delimited(after_key, delimited(_STRING_VALUE, data)))


@lru_cache(maxsize=_NAMES)
def _after_key(name: str) -> bytes:
    return text(_KEY, name) + tag(_VALUE)
