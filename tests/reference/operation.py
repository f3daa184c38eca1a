"""What a request does (api.md §1, ToolPolicy and Base protocol; facts, MCP): the body is the authority."""

import base64
import re
from dataclasses import dataclass
from typing import Any

from accredit_extauthz.contract.snapshot import Protocol
from accredit_extauthz.model.call import Call
from accredit_extauthz.model.reason import Reason
from reference import strict_json
from reference.verdict import Denied

WITHOUT_HEADERS = {"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"}
WITH_HEADERS = {"2026-07-28"}
BASE = {
    *("initialize", "server/discover", "ping", "logging/setLevel"),
    *(f"notifications/{name}" for name in ("initialized", "cancelled", "progress", "roots/list_changed")),
    *(f"{name}/list" for name in ("tools", "prompts", "resources", "resources/templates")),
    *("$response", "$stream", "$close"),
}
NAMED_BY = {  # the member of params that names what a method acts on, and the member of a rule that lists it
    "tools/call": ("name", "tools"),
    "prompts/get": ("name", "prompts"),
    "resources/read": ("uri", "resources"),
    "resources/subscribe": ("uri", "resources"),
    "resources/unsubscribe": ("uri", "resources"),
}
KNOWN_MEMBERS = {"jsonrpc", "id", "method", "params", "result", "error"}


@dataclass(frozen=True)
class Done:
    protocol: Protocol
    method: str
    name: str | None
    http_method: str
    path: str


def has_twin(value: dict[str, Any], known: set[str]) -> bool:
    """A member that another reader would take for a known one: Go's encoding/json folds case."""
    return any(name not in known and name.casefold() in known for name in value)


def version_of(call: Call) -> str:
    version = call.headers.get("mcp-protocol-version")
    if version is None:
        return "2025-03-26"
    if version not in WITHOUT_HEADERS | WITH_HEADERS:
        raise Denied(Reason.REQUEST_MALFORMED)
    return version


def message_of(call: Call) -> dict[str, Any]:
    if not call.body:
        raise Denied(Reason.BODY_MISSING)
    if not re.fullmatch(r'application/json( *; *charset="?utf-8"?)?', call.headers.get("content-type", "").lower()):
        raise Denied(Reason.REQUEST_MALFORMED)
    if call.headers.get("content-encoding", "identity") != "identity":
        raise Denied(Reason.REQUEST_MALFORMED)
    try:
        message = strict_json.parse(call.body)
    except ValueError:
        raise Denied(Reason.REQUEST_MALFORMED) from None
    if isinstance(message, list):
        raise Denied(Reason.BATCH_UNSUPPORTED)
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0" or has_twin(message, KNOWN_MEMBERS):
        raise Denied(Reason.REQUEST_MALFORMED)
    return message


def is_id(value: Any) -> bool:
    return isinstance(value, str) or type(value) is int


def response_of(message: dict[str, Any]) -> str:
    if ("result" in message) == ("error" in message) or not is_id(message.get("id")) or "params" in message:
        raise Denied(Reason.REQUEST_MALFORMED)
    return "$response"


def method_and_name(message: dict[str, Any]) -> tuple[str, str | None]:
    if "method" not in message:
        return response_of(message), None
    method, params = message["method"], message.get("params", {})
    if not isinstance(method, str) or method.startswith("$") or {"result", "error"} & message.keys():
        raise Denied(Reason.REQUEST_MALFORMED)
    if not isinstance(params, dict) or ("id" in message and not is_id(message["id"])):
        raise Denied(Reason.REQUEST_MALFORMED)
    if method not in NAMED_BY:
        return method, None
    member = NAMED_BY[method][0]
    if has_twin(params, {member, "arguments"}) or not isinstance(params.get(member), str) or not params[member]:
        raise Denied(Reason.REQUEST_MALFORMED)
    return method, params[member]


def unsentinel(value: str) -> str:
    if not (value.startswith("=?base64?") and value.endswith("?=")):
        return value
    try:
        return base64.b64decode(value[9:-2], validate=True).decode("utf-8")
    except ValueError:
        raise Denied(Reason.HEADER_BODY_MISMATCH) from None


def check_headers(call: Call, version: str, method: str, name: str | None) -> None:
    said_method, said_name = call.headers.get("mcp-method"), call.headers.get("mcp-name")
    if version in WITH_HEADERS and (said_method is None or (name is not None and said_name is None)):
        raise Denied(Reason.HEADER_BODY_MISMATCH)
    if said_method is not None and said_method != method:
        raise Denied(Reason.HEADER_BODY_MISMATCH)
    if said_name is not None and unsentinel(said_name) != name:
        raise Denied(Reason.HEADER_BODY_MISMATCH)


def read_mcp(call: Call) -> Done:
    version = version_of(call)
    has_streams = version not in WITH_HEADERS
    if call.method == "POST":
        method, name = method_and_name(message_of(call))
        if method == "$response" and not has_streams:
            raise Denied(Reason.REQUEST_MALFORMED)
        check_headers(call, version, method, name)
    elif call.method == "GET" and has_streams:
        method, name = "$stream", None
    elif call.method == "DELETE" and has_streams and call.headers.get("mcp-session-id"):
        method, name = "$close", None
    else:
        raise Denied(Reason.METHOD_UNKNOWN)
    return Done(Protocol.MCP, method, name, call.method, call.path)


def read(call: Call, protocol: Protocol) -> Done:
    if protocol is Protocol.MCP:
        return read_mcp(call)
    return Done(Protocol.HTTP, call.method, None, call.method, call.path)
