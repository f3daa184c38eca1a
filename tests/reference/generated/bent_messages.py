"""Ways to spoil an MCP message and the headers that speak of it."""

import base64
from collections.abc import Callable
from random import Random

from reference.generated.bent_tokens import JUNK
from reference.generated.draft import Draft

Change = Callable[[Draft, Random], None]


def odd_header(draft: Draft, rng: Random) -> None:
    draft.headers[rng.choice(["content-type", "content-encoding", "mcp-session-id", "accept", "transfer-encoding"])] = (
        rng.choice(
            [
                "application/json",
                "text/plain",
                "gzip",
                "identity",
                "",
                "application/json;charset=utf-8",
                "application/json; charset=utf-16",
            ]
            + [
                "APPLICATION/JSON",
                "application/json, text/plain",
                "application/json-rpc",
                "multipart/form-data",
                "application/json;",
            ]
            + [
                'application/json; charset="UTF-8"',
                "application/json ; charset=utf-8",
                "application/json; x=y",
                "chunked",
                " ",
            ]
        )
    )


def odd_version(draft: Draft, rng: Random) -> None:
    draft.headers["mcp-protocol-version"] = rng.choice(
        [
            "2024-11-05",
            "2025-03-26",
            "2025-06-18",
            "2025-11-25",
            "2026-07-28",
            "2026-07-28",
            "2027-01-01",
            "",
            "1",
            "2025-06-18,2026-07-28",
        ]
    )


def sentinel(text: str) -> str:
    return "=?base64?" + base64.b64encode(text.encode("utf-8", "surrogatepass")).decode() + "?="


def odd_mcp_header(draft: Draft, rng: Random) -> None:
    params = draft.message.get("params") if isinstance(draft.message, dict) else None
    name = str(params.get("name", params.get("uri", "x"))) if isinstance(params, dict) else "x"
    value = rng.choice(
        [
            name,
            name.upper(),
            name + " ",
            "",
            sentinel(name),
            sentinel("other"),
            "=?base64?!!?=",
            "=?base64??=",
            name + "," + name,
        ]
        + ["tools/call", "tools/list", sentinel("tools/call"), "=?BASE64?" + sentinel(name)[9:], sentinel(name)[:-2]]
    )
    draft.headers[rng.choice(["mcp-name", "mcp-name", "mcp-method"])] = value
    if rng.random() < 0.3:
        draft.headers.pop(rng.choice(["mcp-name", "mcp-method"]), None)


def odd_message(draft: Draft, rng: Random) -> None:
    """Bend a member of the message or of its params."""
    if not isinstance(draft.message, dict):
        draft.message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "contacts.search"}}
        return
    params = draft.message.get("params")
    holder = params if isinstance(params, dict) and rng.random() < 0.5 else draft.message
    names = ["jsonrpc", "id", "method", "params", "result", "error", "Method", "ID", "PARAMS", "extra", "re\u017fult"]
    inner = ["name", "uri", "Name", "arguments", "Arguments", "_meta", "task", "URI", "extra", "cursor"]
    name = rng.choice(inner if holder is params else names)
    if rng.random() < 0.25:
        holder.pop(name, None)
    else:
        holder[name] = rng.choice(
            [*JUNK, "tools/call", "tools/list", "$stream", "$response", "*", "contacts.search", {"a": 1}]
        )


def odd_name(draft: Draft, rng: Random) -> None:
    names = [
        "contacts.search",
        "Contacts.search",
        "contacts.get_",
        "contacts.get_a",
        "contacts.search ",
        "c\u043entacts.search",
        "*",
    ]
    names += ["contacts.*", "", "a\nb", "dél", "contacts.search\u200b", "file:///a", "x" * 300]
    method = rng.choice(["tools/call", "prompts/get", "resources/read", "resources/subscribe", "completion/complete"])
    member = "uri" if method.startswith("resources") else "name"
    draft.message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {member: rng.choice(names)}}
    if method == "completion/complete" and rng.random() < 0.7:
        draft.message["params"] = {
            "ref": {"type": "ref/prompt", "name": rng.choice(names)},
            "argument": {"name": "a", "value": "b"},
        }


def odd_mcp_method(draft: Draft, rng: Random) -> None:
    methods = [
        "ping",
        "Ping",
        "tools/list",
        "tools/list ",
        "logging/setLevel",
        "server/discover",
        "roots/list",
        "sampling/createMessage",
    ]
    methods += [
        "notifications/progress",
        "notifications/x",
        "tasks/get",
        "tasks/cancel",
        "subscriptions/listen",
        "elicitation/create",
        "",
        "*",
    ]
    methods += ["resources/templates/list", "resources/unsubscribe", "$close", "initialize"]
    draft.message = {"jsonrpc": "2.0", "id": 1, "method": rng.choice(methods)}


def response(draft: Draft, rng: Random) -> None:
    answer = rng.choice(
        [{"result": {}}, {"error": {"code": 1, "message": "x"}}, {"result": None}, {"result": {}, "error": {}}]
    )
    draft.method, draft.message = "POST", {"jsonrpc": "2.0", "id": rng.choice([1, "a", None, 1.5, True]), **answer}


def odd_body(draft: Draft, rng: Random) -> None:
    draft.on_body.append(
        rng.choice(
            [
                lambda data: b"[" + data + b"]",
                lambda data: b"[]",
                lambda data: b"",
                lambda data: b"null",
                lambda data: b'"x"',
                lambda data: b"\xef\xbb\xbf" + data,
                lambda data: data + b"\n",
                lambda data: b" " + data,
                lambda data: data + data,
                lambda data: data + b"\x00",
                lambda data: data[:-1],
                lambda data: data.decode(errors="replace").encode("utf-16"),
                lambda data: data.replace(b'"method"', b'"method": "ping", "method"', 1),
                lambda data: data.replace(b'"name"', b'"name": "x", "name"', 1),
                lambda data: data.replace(b'"method"', b'"\\u006dethod"', 1),
                lambda data: data.replace(b'"jsonrpc"', b'"x": NaN, "jsonrpc"', 1),
                lambda data: data.replace(b'"jsonrpc"', b'"x": 1e999, "jsonrpc"', 1),
                lambda data: data.replace(b'"jsonrpc"', b'"x": "\\ud800", "jsonrpc"', 1),
                lambda data: data.replace(b'"jsonrpc"', b'"x": ' + b"9" * 400 + b', "jsonrpc"', 1),
                lambda data: data.replace(b'"jsonrpc"', b'"x": "\xff", "jsonrpc"', 1),
                lambda data: data.replace(b'"jsonrpc"', b'"x": ' + b"[" * 40 + b"]" * 40 + b', "jsonrpc"', 1),
                lambda data: data.replace(b'"jsonrpc"', b'"x": ' + b"[" * 400 + b"]" * 400 + b', "jsonrpc"', 1),
                lambda data: data.replace(
                    b'"id": 7', b'"id": ' + rng.choice([b"1e3", b"-0", b"1.0", b"99999999999999999999"]), 1
                ),
            ]
        )
    )


CHANGES: tuple[Change, ...] = (
    *(odd_version, odd_mcp_header, odd_mcp_header, odd_message, odd_message, odd_message, odd_name, odd_mcp_method),
    *(response, odd_body, odd_body, odd_header),
)
