"""What a request does (api.md §1, ToolPolicy and Base protocol; facts, MCP): the body is the authority."""

import base64
import re
from dataclasses import dataclass
from typing import Any

from accredit_extauthz.contract.snapshot import Protocol
from accredit_extauthz.model.call import Call
from accredit_extauthz.model.reason import Reason
from reference import strict_json
from reference.text import has_hidden
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
KNOWN_PARAMETERS = {"name", "uri", "arguments", "_meta", "taskId", "cursor"}
MUST_REPEAT_NAME = {"tools/call", "prompts/get", "resources/read"}  # in Mcp-Name, from 2026-07-28 on
MAX_NAME = 1024
METHOD = re.compile(r"[A-Za-z][A-Za-z0-9_./-]{0,127}")


@dataclass(frozen=True)
class Done:
    protocol: Protocol
    method: str
    name: str | None
    http_method: str
    path: str
    is_base: bool  # of the closed list that baseProtocol opens


def has_twin(value: dict[str, Any], known: set[str]) -> bool:
    """A member that another reader would take for a known one: Go's encoding/json folds case."""
    folded = {name.casefold() for name in known}
    return any(name not in known and name.casefold() in folded for name in value)


def version_of(call: Call) -> str:
    """Without the header, what servers assume (MCP 2025-06-18)."""
    version = call.headers.get("mcp-protocol-version", "2025-03-26")
    if version not in WITHOUT_HEADERS | WITH_HEADERS:
        raise Denied(Reason.REQUEST_MALFORMED)
    return version


def check_body(call: Call) -> None:
    kind, encoding = call.headers.get("content-type", ""), call.headers.get("content-encoding", "identity")
    if not re.fullmatch(r'application/json(\s*;\s*charset="?utf-8"?)?', kind.lower(), re.ASCII):
        raise Denied(Reason.REQUEST_MALFORMED)
    if encoding.lower() != "identity":
        raise Denied(Reason.REQUEST_MALFORMED)
    if not call.body:
        raise Denied(Reason.BODY_MISSING)
    if call.declared_size > len(call.body):
        raise Denied(Reason.BODY_TRUNCATED)


def message_of(call: Call) -> dict[str, Any]:
    check_body(call)
    try:
        message = strict_json.parse(call.body)
    except ValueError:
        raise Denied(Reason.REQUEST_MALFORMED) from None
    if isinstance(message, list):
        raise Denied(Reason.BATCH_UNSUPPORTED)
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0" or has_twin(message, KNOWN_MEMBERS):
        raise Denied(Reason.REQUEST_MALFORMED)
    if "id" in message and not is_id(message["id"]):
        raise Denied(Reason.REQUEST_MALFORMED)
    return message


def is_id(value: Any) -> bool:
    return isinstance(value, str) or type(value) is int


def response_of(message: dict[str, Any]) -> str:
    if ("result" in message) == ("error" in message) or "id" not in message:
        raise Denied(Reason.REQUEST_MALFORMED)
    return "$response"


def method_and_name(message: dict[str, Any]) -> tuple[str, str | None]:
    if "method" not in message:
        return response_of(message), None
    method, params = message["method"], message.get("params", {})
    if not isinstance(method, str) or not METHOD.fullmatch(method) or {"result", "error"} & message.keys():
        raise Denied(Reason.REQUEST_MALFORMED)
    if not isinstance(params, dict) or has_twin(params, KNOWN_PARAMETERS):
        raise Denied(Reason.REQUEST_MALFORMED)
    if method not in NAMED_BY:
        return method, None
    name = params.get(NAMED_BY[method][0])
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME or has_hidden(name):
        raise Denied(Reason.REQUEST_MALFORMED)
    return method, name


def unsentinel(value: str) -> str:
    """A header's value, or what the Base64 sentinel around it wraps."""
    if not (value.startswith("=?base64?") and value.endswith("?=")):
        return value
    try:
        data = base64.b64decode(value[9:-2], validate=True)
        if base64.b64encode(data).decode() != value[9:-2]:
            raise Denied(Reason.HEADER_BODY_MISMATCH)
        return data.decode("utf-8")
    except ValueError:
        raise Denied(Reason.HEADER_BODY_MISMATCH) from None


def check_headers(call: Call, version: str, method: str | None, name: str | None) -> None:
    said_method, said_name = call.headers.get("mcp-method"), call.headers.get("mcp-name")
    if version in WITH_HEADERS and (said_method is None or (method in MUST_REPEAT_NAME and said_name is None)):
        raise Denied(Reason.HEADER_BODY_MISMATCH)
    if said_method is not None and said_method != method:
        raise Denied(Reason.HEADER_BODY_MISMATCH)
    if said_name is not None and unsentinel(said_name) != name:
        raise Denied(Reason.HEADER_BODY_MISMATCH)


def read_post(call: Call) -> tuple[str, str | None]:
    message = message_of(call)
    version = version_of(call)
    method, name = method_and_name(message)
    if method == "$response" and version in WITH_HEADERS:
        raise Denied(Reason.METHOD_UNKNOWN)
    params = message.get("params", {}) if "method" in message else {}
    said = params.get("taskId") if method.startswith("tasks/") else name
    check_headers(call, version, None if method == "$response" else method, said)
    meta = params.get("_meta")
    claimed = meta.get("io.modelcontextprotocol/protocolVersion") if isinstance(meta, dict) else None
    if claimed is not None and claimed != call.headers.get("mcp-protocol-version"):
        raise Denied(Reason.HEADER_BODY_MISMATCH)
    return method, name


def read_bare(call: Call) -> str:
    """GET and DELETE: in versions that have sessions, without a body."""
    if version_of(call) in WITH_HEADERS:
        raise Denied(Reason.METHOD_UNKNOWN)
    if call.body or call.declared_size > 0:
        raise Denied(Reason.REQUEST_MALFORMED)
    check_headers(call, version_of(call), None, None)
    return "$stream" if call.method == "GET" else "$close"


def read_mcp(call: Call) -> Done:
    if call.method == "POST":
        method, name = read_post(call)
    elif call.method in ("GET", "DELETE"):
        method, name = read_bare(call), None
    else:
        raise Denied(Reason.METHOD_UNKNOWN)
    is_base = method in BASE and (method != "$close" or "mcp-session-id" in call.headers)
    return Done(Protocol.MCP, method, name, call.method, call.path, is_base)


def read(call: Call, protocol: Protocol) -> Done:
    if protocol is Protocol.MCP:
        return read_mcp(call)
    return Done(Protocol.HTTP, call.method, None, call.method, call.path, is_base=False)
