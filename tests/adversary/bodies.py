"""Bodies that mean one thing here and could mean another to a server (RFC 8259; CVE-2026-27896; JSON-RPC 2.0)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from accredit_extauthz.model.reason import Reason

TOOL = (
    b'{"jsonrpc":"2.0","id":7,"method":"tools/call",'
    b'"params":{"name":"contacts.search","arguments":{"q":"ada"},"_meta":{}}}'
)
OTHER = TOOL.replace(b"contacts.search", b"contacts.delete")
_KNOWN = ("jsonrpc", "id", "method", "params", "result", "error")
_PARAMETERS = ("name", "uri", "arguments", "_meta", "taskId", "cursor")
_FOLDS = {"s": "\u017f", "k": "\u212a"}  # what simple case folding takes for an s and a k

Row = tuple[str, Reason, bytes]


@dataclass(frozen=True)
class Body:
    """`method` and `name`: what an honest client would say of it in headers."""

    name: str
    reason: Reason
    data: bytes
    method: str = "tools/call"
    target: str | None = "contacts.search"


def _escaped(name: str) -> str:
    return f"\\u{ord(name[0]):04x}{name[1:]}"


def _put(before: bytes, member: str) -> bytes:
    """The message with a member before another, so that it stands there too."""
    assert before in TOOL
    return TOOL.replace(before, f"{member},".encode() + before, 1)


def _twice() -> Iterator[Row]:
    values = {"jsonrpc": '"2.0"', "id": "7", "method": '"tools/list"', "params": '{"name":"contacts.delete"}'}
    inner = {"name": '"contacts.delete"', "arguments": "{}", "_meta": "{}"}
    for members, place in ((values, b'"jsonrpc"'), (inner, b'"name"')):
        for name, value in members.items():
            for spelt in (name, _escaped(name)):
                yield f'"{spelt}" twice', Reason.REQUEST_MALFORMED, _put(place, f'"{spelt}":{value}')
                if members is inner:
                    last = TOOL.replace(b'"_meta":{}', f'"_meta":{{}},"{spelt}":{value}'.encode())
                    yield f'"{spelt}" twice, the other last', Reason.REQUEST_MALFORMED, last
    yield "an argument twice", Reason.REQUEST_MALFORMED, TOOL.replace(b'"q":"ada"', b'"q":"ada","q":"eve"')
    yield "an argument twice, deep", Reason.REQUEST_MALFORMED, TOOL.replace(b'"ada"', b'[{"a":{"b":1,"b":1}}]')
    yield "a member of _meta twice", Reason.REQUEST_MALFORMED, TOOL.replace(b'"_meta":{}', b'"_meta":{"a":1,"a":1}')


def _folded(name: str) -> set[str]:
    found = {name.upper(), name.title(), name.swapcase(), name[:-1] + name[-1].upper()}
    found |= {name.replace(letter, twin) for letter, twin in _FOLDS.items()}
    return found - {name}


def _twins() -> Iterator[Row]:
    for names, place in ((_KNOWN, b'"jsonrpc"'), (_PARAMETERS, b'"name"')):
        for name in names:
            for twin in sorted(_folded(name)):
                yield f'"{twin}" beside', Reason.REQUEST_MALFORMED, _put(place, f'"{twin}":"x"')
                if f'"{name}":'.encode() in TOOL:
                    alone = TOOL.replace(f'"{name}":'.encode(), f'"{twin}":'.encode(), 1)
                    yield f'"{twin}" alone', Reason.REQUEST_MALFORMED, alone


def _with(**changes: Any) -> bytes:
    """The message with other members; `...` leaves one out."""
    return _written(json.loads(TOOL) | changes)


def _with_params(**changes: Any) -> bytes:
    return _with(params={name: v for name, v in (json.loads(TOOL)["params"] | changes).items() if v is not ...})


def _written(message: dict[str, Any]) -> bytes:
    return json.dumps({name: value for name, value in message.items() if value is not ...}).encode()


def _of_other_types() -> Iterator[Row]:
    bad = Reason.REQUEST_MALFORMED
    for value in (..., None, 2, 2.0, "2", "1.0", "2.0 ", ["2.0"], {}, True):
        yield f"jsonrpc is {value!r}", bad, _with(jsonrpc=value)
    for value in (None, True, 1.5, [], {}, [7]):
        yield f"id is {value!r}", bad, _with(id=value)
    for value in (
        None,
        "",
        1,
        True,
        [],
        {},
        ["tools/call"],
        "tools/call\n",
        " tools/call",
        "tools/call ",
        "tools call",
    ):
        yield f"method is {value!r}", bad, _with(method=value)
    for value in (None, "", "contacts.search", 1, True, [], [{"name": "contacts.search"}]):
        yield f"params is {value!r}", bad, _with(params=value)
    for value in (..., None, "", 1, True, [], {}, ["contacts.search"], "x" * 1025):
        yield f"name is {str(value)[:30]!r}, {type(value).__name__}", bad, _with_params(name=value)
    yield "a result beside the method", bad, _with(result={})
    yield "an error beside the method", bad, _with(error={"code": 1, "message": "x"})
    yield "a null result beside the method", bad, _with(result=None)
    yield "no method", bad, _with(method=...)
    yield "a response with two outcomes", bad, b'{"jsonrpc":"2.0","id":1,"result":{},"error":{}}'
    yield "a response without an id", bad, b'{"jsonrpc":"2.0","result":{}}'


def _value(text: bytes) -> bytes:
    """The message with another JSON text as an argument's value."""
    return TOOL.replace(b'"ada"', text)


def _as_text() -> Iterator[Row]:
    bad = Reason.REQUEST_MALFORMED
    rows = {
        "a byte order mark": b"\xef\xbb\xbf" + TOOL,
        "UTF-16": TOOL.decode().encode("utf-16"),
        "UTF-16, big end first": TOOL.decode().encode("utf-16-be"),
        "UTF-32": TOOL.decode().encode("utf-32"),
        "UTF-7": TOOL.decode().replace("{", "+AHs-").encode(),
        "Latin-1": _value(b'"\xe9"'),
        "overlong UTF-8": TOOL.replace(b"search", b"search\xc0\xae"),
        "an overlong slash in the method": TOOL.replace(b"tools/call", b"tools\xc0\xafcall"),
        "a surrogate in UTF-8": _value(b'"\xed\xa0\x80"'),
        "beyond Unicode": _value(b'"\xf4\x90\x80\x80"'),
        "two messages": TOOL + OTHER,
        "two messages, line by line": TOOL + b"\n" + OTHER,
        "two messages, a NUL between": TOOL + b"\0" + OTHER,
        "a NUL after": TOOL + b"\0",
        "a word after": TOOL + b"x",
        "a brace after": TOOL + b"}",
        "a record separator": b"\x1e" + TOOL,
        "a form feed before": b"\x0c" + TOOL,
        "a no-break space before": b"\xc2\xa0" + TOOL,
        "a prefix that parsers skip": b")]}'\n" + TOOL,
        "an event stream": b"data: " + TOOL + b"\n\n",
        "a comment before": b"/* x */" + TOOL,
        "a comment within": TOOL.replace(b'"q"', b'//x\n"q"'),
        "a comma too many": TOOL[:-1] + b",}",
        "a comma too many in an array": _value(b"[1,]"),
        "no last brace": TOOL[:-1],
        "half of it": TOOL[: len(TOOL) // 2],
        "single quotes": TOOL.replace(b'"', b"'"),
        "names without quotes": TOOL.replace(b'"method"', b"method"),
        "a form": b"method=tools/call&name=contacts.search",
        "text": json.dumps(TOOL.decode()).encode(),
        "a number": b"7",
        "null": b"null",
        "true": b"true",
        "an empty object": b"{}",
        "NaN": _value(b"NaN"),
        "Infinity": _value(b"Infinity"),
        "-Infinity": _value(b"-Infinity"),
        "1e999": _value(b"1e999"),
        "-1e999": _value(b"-1e999"),
        "a leading zero": _value(b"01"),
        "a plus sign": _value(b"+1"),
        "a bare point": _value(b"1."),
        "hexadecimal": _value(b"0x1"),
        "5000 digits": _value(b"9" * 5000),
        "a line break in a string": _value(b'"a\nb"'),
        "an escape that is none": _value(b'"\\x41"'),
        "an escape cut short": _value(b'"\\u12"'),
        "70 layers": _value(b"[" * 70 + b"]" * 70),
        "70 layers of objects": _value(b'{"a":' * 70 + b"1" + b"}" * 70),
        "20000 layers": _value(b"[" * 20_000 + b"]" * 20_000),
        "20000 layers, never closed": b"[" * 20_000,
    }
    for name, data in rows.items():
        yield name, bad, data


def _batches() -> Iterator[Row]:
    for name, data in {
        "a batch of one": b"[" + TOOL + b"]",
        "a batch of two": b"[" + TOOL + b"," + OTHER + b"]",
        "a batch after white space": b" \n[" + TOOL + b"]",
        "an empty batch": b"[]",
        "a batch in a batch": b"[[" + TOOL + b"]]",
        "a batch of junk": b"[1,null]",
    }.items():
        yield name, Reason.BATCH_UNSUPPORTED, data


_NAMES = {
    "another tool": "contacts.delete",
    "another case": "Contacts.search",
    "capitals": "CONTACTS.SEARCH",
    "a space after": "contacts.search ",
    "a space before": " contacts.search",
    "a no-break space after": "contacts.search\u00a0",
    "a Cyrillic c": "\u0441ontacts.search",
    "a full-width dot": "contacts\uff0esearch",
    "a one dot leader": "contacts\u2024search",
    "a combining mark": "contacts.sear\u0301ch",
    "a prefix": "contacts.sear",
    "more": "contacts.searcher",
    "a path": "contacts.search/../delete",
    "a star": "*",
    "a pattern": "contacts.*",
    "any character": "contacts.searc?",
    "another server's": "crm/contacts.search",
    "an escape that is written out": "contacts.\\u0073earch",
    "a percent escape": "contacts%2Esearch",
    "quotes": '"contacts.search"',
    "two": "contacts.search,contacts.delete",
    "the prefix of a pattern alone": "contacts.get",
}
_HIDDEN = ("\0", "\n", "\r", "\t", "\x7f", "\u200b", "\u202e", "\u2028", "\ufeff", "\ue000", "\u00ad", "\U000e0041")
_METHODS = (
    *("Tools/Call", "TOOLS/CALL", "tools/Call", "tools//call", "tools/call/", "tools.call", "tools/calls", "tools/cal"),
    *("tools-call", "completion/complete", "sampling/createMessage", "roots/list", "elicitation/create", "Ping"),
    *("notifications/unknown", "rpc.discover", "tasks/get", "resources/subscribe", "$stream", "x"),
)


def _named() -> Iterator[Body]:
    for name, tool in _NAMES.items():
        yield Body(f"name: {name}", Reason.TOOL_NOT_LISTED, _with_params(name=tool), target=tool)
    for hidden in _HIDDEN:
        data = _with_params(name=f"contacts.{hidden}search")
        yield Body(f"name with U+{ord(hidden):04X}", Reason.REQUEST_MALFORMED, data)
    yield Body("a NUL, escaped", Reason.REQUEST_MALFORMED, TOOL.replace(b"search", b"search\\u0000"))
    for half in (b"\\ud800", b"\\udfff", b"\\ude00\\ud83d"):
        yield Body(f"name with {half.decode()}", Reason.REQUEST_MALFORMED, TOOL.replace(b"search", b"search" + half))
    yield Body("an empty resource", Reason.REQUEST_MALFORMED, _with(method="resources/read"), "resources/read")
    for method in _METHODS[:-2]:
        reason = Reason.REQUEST_MALFORMED if method.startswith("resources/") else Reason.TOOL_NOT_LISTED
        yield Body(f"method {method}", reason, _with(method=method), method, None)
    yield Body("method $stream", Reason.REQUEST_MALFORMED, _with(method="$stream"))


BODIES: tuple[Body, ...] = (
    *(Body(*row) for rows in (_twice, _twins, _of_other_types, _as_text, _batches) for row in rows()),
    *_named(),
)
HONEST: tuple[Body, ...] = (
    Body("as it is", Reason.ALLOWED, TOOL),
    Body("white space", Reason.ALLOWED, b"\r\n\t " + json.dumps(json.loads(TOOL), indent=2).encode() + b"\n"),
    Body("an escaped name", Reason.ALLOWED, TOOL.replace(b"contacts.search", b"\\u0063ontacts\\u002esearch")),
    Body("an escaped member", Reason.ALLOWED, TOOL.replace(b'"name"', b'"n\\u0061me"')),
    Body("an escaped method", Reason.ALLOWED, TOOL.replace(b"tools/call", b"tools\\/call")),
    Body("members in another order", Reason.ALLOWED, _written(dict(reversed(json.loads(TOOL).items())))),
    Body("an id that is text", Reason.ALLOWED, _with(id="7")),
    Body("no arguments", Reason.ALLOWED, _with_params(arguments=...)),
    Body("members without a meaning", Reason.ALLOWED, _with(extra=1, methods=[])),
    Body("a long number among the arguments", Reason.ALLOWED, TOOL.replace(b'"ada"', b"9" * 400)),
    Body("60 layers", Reason.ALLOWED, TOOL.replace(b'"ada"', b"[" * 60 + b"]" * 60)),
    Body("a name by its pattern", Reason.ALLOWED, _with_params(name="contacts.get_ada"), target="contacts.get_ada"),
    Body("a ping", Reason.ALLOWED, b'{"jsonrpc":"2.0","id":1,"method":"ping"}', "ping", None),
)
