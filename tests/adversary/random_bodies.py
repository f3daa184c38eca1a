"""Random MCP messages: honest ones in many spellings, and such as were spoilt in one to three places."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

from adversary.bodies import BODIES, HONEST

_TOOLS = (
    "contacts.search",
    "contacts.get_ada",
    "contacts.get_\u00e9",
    "contacts.get_",
    "contacts.delete",
    "contacts.get_*",
)
_METHODS = ("tools/call", "tools/call", "tools/call", "ping", "tools/list", "resources/read", "prompts/get")
_WORDS = ("a", "\u00e9", "\U0001f600", "method", "name", "\\", '"', "\u212a", "\u017f", "x" * 40, "", "__proto__")
_NAMES = (
    *(
        "method",
        "Method",
        "METHOD",
        "params",
        "Params",
        "param\u017f",
        "name",
        "Name",
        "NAME",
        "uri",
        "URI",
        "id",
        "Id",
    ),
    *(
        "jsonrpc",
        "JsonRPC",
        "result",
        "re\u017fult",
        "arguments",
        "Arguments",
        "_meta",
        "_Meta",
        "taskId",
        "tas\u212aId",
    ),
    *("cursor", "__proto__", "constructor", "toString", "", "nam\u00e9", "na\u200bme", "name\u0000", "n", "x"),
)
_FRAGMENTS = (
    *(
        b'"',
        b"\\",
        b",",
        b":",
        b"{",
        b"}",
        b"[",
        b"]",
        b"\\u0000",
        b"\\ud83d\\ude00",
        b"\\ud800",
        b"\xef\xbb\xbf",
        b"\0",
    ),
    *(
        b"\xff",
        b"\xc0\xae",
        b"\n",
        b" ",
        b"1e999",
        b"NaN",
        b"-0",
        b"1E5",
        b"null",
        b'"a":1,',
        b"//",
        b"/*",
        b"'",
        b"\\/",
    ),
)

Change = Callable[[bytes, Random], bytes]


def _value(rng: Random, depth: int = 0) -> Any:
    kind = rng.randrange(8 if depth < 3 else 6)
    if kind < 3:
        return "".join(rng.choices(_WORDS, k=rng.randrange(4)))
    if kind < 6:
        return rng.choice([None, True, 0, -7, 1.5, 10**20, 2**53 + 1, 1e-7, -0.0])
    if kind == 6:
        return [_value(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {rng.choice(_NAMES): _value(rng, depth + 1) for _ in range(rng.randrange(4))}


def message(rng: Random) -> dict[str, Any]:
    """A message of a client's, most often a call of a tool."""
    method = rng.choice(_METHODS)
    params: dict[str, Any] = {"uri" if method == "resources/read" else "name": rng.choice(_TOOLS)}
    if rng.random() < 0.7:
        params["arguments"] = _value(rng)
    made = {"jsonrpc": "2.0", "id": rng.choice([1, "1", 2**60]), "method": method, "params": params}
    if rng.random() < 0.2:
        rng.choice([made, params])[rng.choice(_NAMES)] = _value(rng)
    if rng.random() < 0.3:
        made = dict(rng.sample(list(made.items()), len(made)))
    return made


def written(value: Any, rng: Random) -> bytes:
    """JSON text of a value, with escapes and white space where the dice say so."""
    text = json.dumps(value, ensure_ascii=rng.random() < 0.5, indent=rng.choice([None, None, 1]))
    if rng.random() < 0.3:
        letter = rng.choice("aemnst./")
        text = text.replace(letter, f"\\u{ord(letter):04x}" if rng.random() < 0.5 else letter)
    return text.encode("utf-8", "surrogatepass")


def _insert(data: bytes, rng: Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(_FRAGMENTS) + data[at:]


def _drop(data: bytes, rng: Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + data[at + rng.choice([1, 1, 2, 9]) :]


def _flip(data: bytes, rng: Random) -> bytes:
    if not data:
        return data
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]


def _second_member(data: bytes, rng: Random) -> bytes:
    """One more member at some brace: the name of a known one, or of one that some take for it."""
    places = [index for index, byte in enumerate(data) if byte == ord("{")]
    if not places:
        return data
    at = rng.choice(places) + 1
    value = rng.choice(['"contacts.delete"', '"tools/list"', '{"name":"contacts.delete"}', "1", "null"])
    return data[:at] + f"{json.dumps(rng.choice(_NAMES))}:{value},".encode() + data[at:]


def _renamed(data: bytes, rng: Random) -> bytes:
    name = rng.choice([b"method", b"params", b"name", b"jsonrpc"])
    twin = rng.choice(
        [name.upper(), name.title(), name.replace(b"s", "\u017f".encode()), name + b" ", b"\\u006e" + name[1:]]
    )
    return data.replace(b'"' + name + b'"', b'"' + twin + b'"', 1)


def _spliced(data: bytes, rng: Random) -> bytes:
    other = rng.choice(BODIES).data[:4096]
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]


_CHANGES: tuple[Change, ...] = (_insert, _drop, _flip, _second_member, _second_member, _renamed, _spliced)


def spoilt(data: bytes, rng: Random) -> bytes:
    """The bytes changed in up to three places, mostly in one."""
    for _ in range(rng.choice([0, 1, 1, 1, 2, 3])):
        data = rng.choice(_CHANGES)(data, rng)
    return data


def body(rng: Random) -> bytes:
    """A body, honest or spoilt."""
    kind = rng.random()
    if kind < 0.1:
        return spoilt(rng.choice(HONEST).data, rng)
    if kind < 0.2:
        return spoilt(rng.choice(BODIES).data[:4096], rng)
    return spoilt(written(message(rng), rng), rng)
