"""Reads one MCP message (specifications 2025-06-18, 2025-11-25, 2026-07-28). The body is the authority; headers agree.

Everything is refused that the server behind us might read differently: batches, duplicate and case-folded members,
other encodings, headers that name another method or tool.
"""

import hashlib
import json
import re
from collections.abc import Mapping

import orjson

from accredit_extauthz.contract.names import has_hidden_characters
from accredit_extauthz.contract.shown import shown
from accredit_extauthz.contract.snapshot import Protocol
from accredit_extauthz.contract.strict_json import NotStrict, parse
from accredit_extauthz.decide.mcp_headers import VERSIONS_WITH_SESSIONS, check_headers, protocol_version
from accredit_extauthz.model.call import Call
from accredit_extauthz.model.decision import Evidence
from accredit_extauthz.model.operation import CLOSE, RESPONSE, STREAM, Operation
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import refuse

_BASE_METHODS = frozenset(
    {
        "initialize",
        "server/discover",
        "ping",
        "logging/setLevel",
        "notifications/initialized",
        "notifications/cancelled",
        "notifications/progress",
        "notifications/roots/list_changed",
        "tools/list",
        "prompts/list",
        "resources/list",
        "resources/templates/list",
    }
)
# The parameter by which a method names its tool, prompt or resource.
NAME_PARAMETERS = {
    "tools/call": "name",
    "prompts/get": "name",
    "resources/read": "uri",
    "resources/subscribe": "uri",
    "resources/unsubscribe": "uri",
}
_METHOD = re.compile(r"[A-Za-z][A-Za-z0-9_./-]{0,127}")
# Known members, by what a case-insensitive parser sees.
_MESSAGE_MEMBERS = {name.casefold(): name for name in ("jsonrpc", "id", "method", "params", "result", "error")}
_PARAMETER_MEMBERS = {name.casefold(): name for name in ("name", "uri", "arguments", "_meta", "taskId", "cursor")}
# Without re.ASCII a long s would pass for an s.
_CONTENT_TYPE = re.compile(r"application/json(?:\s*;\s*charset=\"?utf-8\"?)?", re.IGNORECASE | re.ASCII)
_MAX_NAME = 1024
_MAX_ID = 64


def read_mcp(call: Call, evidence: Evidence) -> Operation:
    """Return what one MCP request does, and record the message's id as soon as it is certain.

    Raises method_unknown, body_missing, body_truncated, batch_unsupported, request_malformed, header_body_mismatch.
    """
    if call.method == "POST":
        return _read_message(call, evidence)
    if call.method == "GET":
        return _read_session_verb(call, STREAM, is_base=True)
    if call.method == "DELETE":
        return _read_session_verb(call, CLOSE, is_base="mcp-session-id" in call.headers)
    return refuse(Reason.METHOD_UNKNOWN, f"{call.method} means nothing to an MCP server; send a message with POST")


def read_message_id(body: bytes) -> int | str | None:
    """Return the id of a strict JSON-RPC message for a denial to echo: an integer or up to 64 characters, else None."""
    try:
        return _message_id(parse(body))
    except NotStrict:
        return None


def _message_id(message: object) -> int | str | None:
    value = message.get("id") if isinstance(message, dict) else None
    if isinstance(value, str):
        return value if len(value) <= _MAX_ID and not has_hidden_characters(value) else None
    return value if type(value) is int and abs(value) < 2**63 else None


def _read_session_verb(call: Call, method: str, *, is_base: bool) -> Operation:
    version = protocol_version(call.headers)
    if version not in VERSIONS_WITH_SESSIONS:
        refuse(Reason.METHOD_UNKNOWN, f"{call.method} means nothing in MCP {version}; send a message with POST")
    if call.body or call.declared_size > 0:
        refuse(Reason.REQUEST_MALFORMED, f"{call.method} to an MCP server has no body; leave it out")
    check_headers(call.headers, version, method=None, name=None)
    return _operation(call, method, None, None, is_base=is_base)


def _read_message(call: Call, evidence: Evidence) -> Operation:
    message = _parse_message(call, evidence)
    version = protocol_version(call.headers)
    if "method" not in message:
        return _read_response(call, message, version)
    method = message["method"]
    if not isinstance(method, str) or _METHOD.fullmatch(method) is None:
        refuse(Reason.REQUEST_MALFORMED, "`method` of the JSON-RPC message is not a method name")
    if "result" in message or "error" in message:
        refuse(Reason.REQUEST_MALFORMED, "the JSON-RPC message is both a request and a response")
    parameters = _parameters(message)
    name = _name(method, parameters)
    check_headers(call.headers, version, method=method, name=name, task=parameters.get("taskId"))
    _check_version_agrees(parameters, call.headers.get("mcp-protocol-version"))
    arguments = parameters.get("arguments")
    return _operation(call, method, name, arguments, is_base=method in _BASE_METHODS)


def _parse_message(call: Call, evidence: Evidence) -> Mapping[str, object]:
    _check_body(call)
    evidence.is_body_read = True
    try:
        message = parse(call.body)
    except NotStrict as error:
        refuse(Reason.REQUEST_MALFORMED, f"the body is not strict JSON: {error}")
    evidence.rpc_id = _message_id(message)
    if isinstance(message, list):
        refuse(Reason.BATCH_UNSUPPORTED, "the body is a JSON-RPC batch; send one message a request")
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        refuse(Reason.REQUEST_MALFORMED, 'the body is not a JSON-RPC message with "jsonrpc": "2.0"')
    _refuse_twins(message, _MESSAGE_MEMBERS)
    if "id" in message and not (isinstance(message["id"], str) or type(message["id"]) is int):
        refuse(Reason.REQUEST_MALFORMED, "`id` of the JSON-RPC message is neither a string nor an integer")
    return message


def _check_body(call: Call) -> None:
    if _CONTENT_TYPE.fullmatch(call.headers.get("content-type", "")) is None:
        refuse(Reason.REQUEST_MALFORMED, "the content-type of an MCP message is application/json in UTF-8")
    if call.headers.get("content-encoding", "identity").lower() != "identity":
        refuse(Reason.REQUEST_MALFORMED, "the body has a content-encoding; send it unencoded")
    if not call.body:
        refuse(
            Reason.BODY_MISSING, "the request has no body to read; send one JSON-RPC message, and let Envoy buffer it"
        )
    if call.declared_size > len(call.body):
        refuse(Reason.BODY_TRUNCATED, f"{len(call.body)} of {call.declared_size} bytes of the body were passed on")


def _read_response(call: Call, message: Mapping[str, object], version: str) -> Operation:
    if "id" not in message or ("result" in message) == ("error" in message):
        refuse(
            Reason.REQUEST_MALFORMED, "the JSON-RPC message has no `method`, and is no response with one outcome either"
        )
    if version not in VERSIONS_WITH_SESSIONS:
        refuse(Reason.METHOD_UNKNOWN, f"clients send no responses in MCP {version}")
    check_headers(call.headers, version, method=None, name=None)
    return _operation(call, RESPONSE, None, None, is_base=True)


def _parameters(message: Mapping[str, object]) -> Mapping[str, object]:
    parameters = message.get("params", {})
    if not isinstance(parameters, dict):
        refuse(Reason.REQUEST_MALFORMED, "`params` of the JSON-RPC message is not an object")
    _refuse_twins(parameters, _PARAMETER_MEMBERS)
    return parameters


def _name(method: str, parameters: Mapping[str, object]) -> str | None:
    parameter = NAME_PARAMETERS.get(method)
    if parameter is None:
        return None
    name = parameters.get(parameter)
    if not isinstance(name, str) or not 0 < len(name) <= _MAX_NAME or has_hidden_characters(name):
        refuse(
            Reason.REQUEST_MALFORMED,
            f"`params.{parameter}` of {method} is not visible text of 1 to {_MAX_NAME} characters",
        )
    return name


def _check_version_agrees(parameters: Mapping[str, object], header: str | None) -> None:
    """From 2026-07-28 on, `params._meta` says the version too, and a server may believe it."""
    meta = parameters.get("_meta")
    claimed = meta.get("io.modelcontextprotocol/protocolVersion") if isinstance(meta, dict) else None
    if claimed is not None and claimed != header:
        refuse(
            Reason.HEADER_BODY_MISMATCH, "the MCP-Protocol-Version header is not the version that `params._meta` names"
        )


def _refuse_twins(members: Mapping[str, object], known: Mapping[str, str]) -> None:
    """Refuse members that a case-insensitive parser takes for known ones (CVE-2026-27896)."""
    for name in members:
        twin = known.get(name.casefold(), name)
        if name != twin:
            refuse(Reason.REQUEST_MALFORMED, f"member {shown(name)} differs from `{twin}` in case alone")


def _operation(call: Call, method: str, name: str | None, arguments: object, *, is_base: bool) -> Operation:
    return Operation(
        protocol=Protocol.MCP,
        method=method,
        name=name,
        http_method=call.method,
        path=call.path,
        arguments_digest=None if arguments is None else _digest(arguments),
        is_base=is_base,
    )


def _digest(arguments: object) -> str:
    return f"sha256:{hashlib.sha256(_canonical(arguments)).hexdigest()}"


def _canonical(value: object) -> bytes:
    """Return sorted, compact JSON. The second way is for what the first refuses: long integers, lone surrogates."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")
