"""Attacks by MCP messages in each protocol version: bodies, and headers that say another thing than they."""

import base64
from collections.abc import Iterator
from typing import Any

from accredit_extauthz.contract.snapshot import BaseProtocol, DenialBody, Protocol
from accredit_extauthz.model.reason import Reason
from adversary.bodies import BODIES, HONEST, TOOL, Body
from adversary.case import Case
from adversary.tokens import FORGE, bearing
from fakes.scene import body, mcp_rule, policy, view

VERSIONS = (None, "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28")
NEWEST = "2026-07-28"
SEEN = view(policies=(policy(body=body(protocol=Protocol.MCP, rules=(mcp_rule(),), denial_body=DenialBody.JSON_RPC)),))
CLOSED = view(
    policies=(policy(body=body(protocol=Protocol.MCP, rules=(mcp_rule(),), base_protocol=BaseProtocol.RULES)),)
)
_TOKEN = FORGE.token()
_JSON = {"content-type": "application/json"}


def said(version: str | None, method: str = "tools/call", name: str | None = "contacts.search") -> dict[str, str]:
    """The headers that a client of the version sends."""
    found = {} if version is None else {"mcp-protocol-version": version}
    if version == NEWEST:
        found["mcp-method"] = method
        if name is not None and method in ("tools/call", "resources/read", "prompts/get"):
            found["mcp-name"] = (
                name if name.isascii() and name.isprintable() and name == name.strip() else wrapped(name)
            )
    return found


def wrapped(name: str) -> str:
    """The Base64 sentinel around a name."""
    return f"=?base64?{base64.b64encode(name.encode()).decode()}?="


def sending(data: bytes, headers: dict[str, str], **more: Any) -> dict[str, Any]:
    """The arguments of check_request for a POST of a message."""
    return bearing(_TOKEN, **({"method": "POST", "path": "/mcp", "headers": _JSON | headers, "body": data} | more))


def _case(row: Body, version: str | None) -> Case:
    headers = said(version, row.method, row.target)
    return Case(f"{version}, {row.name}", row.reason, SEEN, sending(row.data, headers))


def _spaced_out() -> Iterator[tuple[str, dict[str, str]]]:
    good = base64.b64encode(b"contacts.search").decode()
    for name, value in {
        "another tool": "contacts.delete",
        "another case": "Contacts.search",
        "two tools": "contacts.search,contacts.delete",
        "the tool twice": "contacts.search,contacts.search",
        "a space after": "contacts.search ",
        "quotes": '"contacts.search"',
        "nothing": "",
        "a star": "*",
        "a percent escape": "contacts%2Esearch",
        "another tool in Base64": wrapped("contacts.delete"),
        "Base64 without its mark": good,
        "another case of the mark": f"=?BASE64?{good}?=",
        "an encoded word of mail": f"=?utf-8?B?{good}?=",
        "padding too many": f"=?base64?{good}==?=",
        "a letter too few": f"=?base64?{good[:-1]}?=",
        "a space within": f"=?base64?{good[:4]} {good[4:]}?=",
        "a line break within": f"=?base64?{good[:4]}\n{good[4:]}?=",
        "no end": f"=?base64?{good}",
        "no start": f"{good}?=",
        "the sentinel twice": wrapped(wrapped("contacts.search")),
        "the alphabet of URLs": f"=?base64?{good.replace('Y', '-', 1)}?=",
        "no UTF-8": f"=?base64?{base64.b64encode(bytes([0xFF, 0xFE])).decode()}?=",
        "an empty sentinel": "=?base64??=",
        "a name with a NUL": wrapped("contacts.search\0"),
    }.items():
        yield f"Mcp-Name is {name}", {"mcp-name": value}
    for value in ("tools/list", "Tools/Call", "tools/call,tools/list", "", "tools/call ", wrapped("tools/call"), "*"):
        yield f"Mcp-Method is {value!r}", {"mcp-method": value}


def _conflicting() -> Iterator[Case]:
    for version in VERSIONS:
        for name, headers in _spaced_out():
            yield _headed(f"{version}, {name}", Reason.HEADER_BODY_MISMATCH, said(version) | headers)
        ping = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
        naming = said(version, "ping", None) | {"mcp-name": "contacts.search"}
        yield _headed(f"{version}, a name for a method without", Reason.HEADER_BODY_MISMATCH, naming, ping)
        answer = b'{"jsonrpc":"2.0","id":1,"result":{}}'
        reason = Reason.METHOD_UNKNOWN if version == NEWEST else Reason.HEADER_BODY_MISMATCH
        yield _headed(
            f"{version}, a response that claims a method", reason, said(version) | {"mcp-method": "x"}, answer
        )
    for missing in ("mcp-method", "mcp-name"):
        headers = {name: value for name, value in said(NEWEST).items() if name != missing}
        yield _headed(f"{NEWEST}, no {missing}", Reason.HEADER_BODY_MISMATCH, headers)
    yield _headed(
        "the newest headers, no version", Reason.REQUEST_MALFORMED, said(NEWEST) | {"mcp-protocol-version": ""}
    )
    meta = TOOL.replace(b'"_meta":{}', b'"_meta":{"io.modelcontextprotocol/protocolVersion":"2025-06-18"}')
    for version in (None, "2025-11-25", NEWEST):
        yield _headed(f"{version}, another version in _meta", Reason.HEADER_BODY_MISMATCH, said(version), meta)


def _headed(name: str, reason: Reason, headers: dict[str, str], data: bytes = TOOL) -> Case:
    return Case(name, reason, SEEN, sending(data, headers))


_NO_JSON = (
    *("", "text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"),
    *("application/json; charset=utf-16", "application/json; charset=latin1", "application/json;charset=utf-7"),
    *("application/json, text/plain", "application/json;", "application/json; x=y", "application/json-rpc", "json"),
    *(
        "application/jsonx",
        "application/vnd.api+json",
        "application/json\u017f",
        "text/json",
        "*/*",
        " application/json",
    ),
    *("application/json; charset=utf-8; charset=utf-16", "application/json;boundary=x", "application/j\u017fon"),
)
_ENCODED = (
    "gzip",
    "br",
    "deflate",
    "zstd",
    "compress",
    "x-gzip",
    "identity,gzip",
    "gzip, identity",
    "",
    "GZIP",
    "utf-8",
)
_NO_VERSION = ("", "2026-07-29", "2099-01-01", "1.0", "2025-06-18,2026-07-28", "2026-07-28 ", "draft", "2025-6-18", "*")


def _framed() -> Iterator[Case]:
    """What surrounds the message: types, encodings, sizes, methods, versions."""
    bad = Reason.REQUEST_MALFORMED
    for value in _NO_JSON:
        yield _headed(f"content-type {value!r}", bad, {"content-type": value})
    for value in _ENCODED:
        yield _headed(f"content-encoding {value!r}", bad, {"content-encoding": value})
    for value in _NO_VERSION:
        yield _headed(f"version {value!r}", bad, {"mcp-protocol-version": value})
    yield _headed("nothing", Reason.BODY_MISSING, {}, b"")
    yield _headed("a byte more than came", Reason.BODY_TRUNCATED, {"content-length": str(len(TOOL) + 1)})
    yield _headed("a part, as Envoy says", Reason.BODY_TRUNCATED, {"x-envoy-auth-partial-body": "true"})
    yield _headed("more than the limit", Reason.BODY_TOO_LARGE, {}, TOOL + b" " * 65_536)
    for method in ("PUT", "PATCH", "HEAD", "OPTIONS", "QUERY", "PROPFIND"):
        yield Case(f"by {method}", Reason.METHOD_UNKNOWN, SEEN, sending(TOOL, {}, method=method))
    for method in ("GET", "DELETE"):
        yield Case(f"by {method}", bad, SEEN, sending(TOOL, {}, method=method))
        headers = {"mcp-protocol-version": NEWEST}
        yield Case(f"{method} in {NEWEST}", Reason.METHOD_UNKNOWN, SEEN, sending(b"", headers, method=method))
    yield Case("DELETE without a session", Reason.TOOL_NOT_LISTED, SEEN, sending(b"", {}, method="DELETE"))
    yield _headed(
        f"a response in {NEWEST}", Reason.METHOD_UNKNOWN, said(NEWEST), b'{"jsonrpc":"2.0","id":1,"result":{}}'
    )
    for method in ("initialize", "ping", "tools/list", "server/discover", "notifications/initialized"):
        data = f'{{"jsonrpc":"2.0","id":1,"method":"{method}"}}'.encode()
        yield Case(f"{method}, unlisted", Reason.TOOL_NOT_LISTED, CLOSED, sending(data, {}))


MESSAGES: tuple[Case, ...] = (
    *(_case(row, version) for version in VERSIONS[2:] for row in BODIES),
    *_conflicting(),
    *_framed(),
)
SENT_HONESTLY: tuple[Case, ...] = tuple(_case(row, version) for version in VERSIONS for row in HONEST)
