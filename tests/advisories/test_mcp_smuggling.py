"""MCP messages that mean one thing here and another to a server: batches, other encodings, headers that disagree."""

import base64
import json

import pytest

from accredit_extauthz.model.reason import Reason
from fakes.attack import MCP, MODERN, TOOL, allowed, denied, message
from fakes.envoy import check_request
from fakes.scene import IDP, tool_call

OTHER = json.dumps(tool_call("contacts.delete")).encode()
BASE = {name.replace("-", "_"): value for name, value in MODERN.items()}


def sentinel(name: str) -> str:
    return f"=?base64?{base64.b64encode(name.encode()).decode()}?="


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        pytest.param(b"[" + TOOL + b"]", Reason.BATCH_UNSUPPORTED, id="a batch of one"),
        pytest.param(b"[" + TOOL + b"," + OTHER + b"]", Reason.BATCH_UNSUPPORTED, id="a batch of two"),
        pytest.param(b" [" + TOOL + b"]", Reason.BATCH_UNSUPPORTED, id="a batch after a space"),
        pytest.param(b"[]", Reason.BATCH_UNSUPPORTED, id="an empty batch"),
        pytest.param(TOOL + OTHER, Reason.REQUEST_MALFORMED, id="two messages, side by side"),
        pytest.param(TOOL + b"\n" + OTHER, Reason.REQUEST_MALFORMED, id="two messages, line by line"),
        pytest.param(TOOL + b"\x00" + OTHER, Reason.REQUEST_MALFORMED, id="two messages, a NUL between"),
        pytest.param(b"\x1e" + TOOL, Reason.REQUEST_MALFORMED, id="a record separator (RFC 7464)"),
        pytest.param(b"\xef\xbb\xbf" + TOOL, Reason.REQUEST_MALFORMED, id="a byte order mark"),
        pytest.param(b")]}'\n" + TOOL, Reason.REQUEST_MALFORMED, id="a prefix that some parsers skip"),
        pytest.param(b"/**/" + TOOL, Reason.REQUEST_MALFORMED, id="a comment"),
        pytest.param(TOOL[:-1] + b",}", Reason.REQUEST_MALFORMED, id="a comma too many"),
        pytest.param(TOOL.replace(b'"', b"'"), Reason.REQUEST_MALFORMED, id="single quotes"),
        pytest.param(TOOL.decode().encode("utf-16"), Reason.REQUEST_MALFORMED, id="UTF-16"),
        pytest.param(TOOL.decode().encode("utf-32"), Reason.REQUEST_MALFORMED, id="UTF-32"),
        pytest.param(TOOL.replace(b"search", b"search\xc0\xae"), Reason.REQUEST_MALFORMED, id="overlong UTF-8"),
        pytest.param(b"", Reason.BODY_MISSING, id="nothing"),
        pytest.param(OTHER, Reason.TOOL_NOT_LISTED, id="the other tool, honestly"),
        pytest.param(TOOL.replace(b"search", b"search\\u0000"), Reason.REQUEST_MALFORMED, id="a NUL after the name"),
        pytest.param(TOOL.replace(b"search", b"Search"), Reason.TOOL_NOT_LISTED, id="another case of the name"),
        pytest.param(
            TOOL.replace(b"tools/call", b"Tools/Call"), Reason.TOOL_NOT_LISTED, id="another case of the method"
        ),
        pytest.param(TOOL.replace(b"tools/call", b"tools//call"), Reason.TOOL_NOT_LISTED, id="a slash too many"),
    ],
)
def test_a_body_with_two_readings(sent, reason):
    assert denied(message(sent), MCP) is reason


@pytest.mark.parametrize(
    "headers",
    [
        {"mcp_name": "contacts.delete"},
        {"mcp_name": "contacts.search,contacts.delete"},
        {"mcp_name": "Contacts.search"},
        {"mcp_name": ""},
        {"mcp_name": sentinel("contacts.delete")},
        {"mcp_name": sentinel("contacts.search") + ","},
        {"mcp_name": sentinel("contacts.search").replace("?=", "=?=")},
        {"mcp_name": sentinel("contacts.searc").replace("?=", "").replace("==", "=") + "?="},
        {"mcp_name": "=?base64?Y29udGFjdHMuc2VhcmNo\n?="},
        {"mcp_name": "=?BASE64?Y29udGFjdHMuc2VhcmNo?="},
        {"mcp_name": "=?utf-8?B?Y29udGFjdHMuc2VhcmNo?="},
        {"mcp_method": "tools/list"},
        {"mcp_method": "TOOLS/CALL"},
        {"mcp_method": "tools/call,tools/list"},
        {"mcp_method": ""},
    ],
    ids=str,
)
def test_a_header_that_disagrees_with_the_body(headers):
    assert denied(message(TOOL, **(BASE | headers)), MCP) is Reason.HEADER_BODY_MISMATCH


@pytest.mark.parametrize("name", ["contacts.search", sentinel("contacts.search")])
def test_a_header_that_agrees(name):
    allowed(message(TOOL, **(BASE | {"mcp_name": name})), MCP)


@pytest.mark.parametrize("last", "0123456789abcdefghijklmnopqrstuvwxyz+/", ids=str)
def test_a_sentinel_has_one_spelling(last):
    """Base64 of one octet leaves four spare bits: fifteen other last characters decode alike."""
    ping = {"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": {"uri": "a"}}
    headers = BASE | {"mcp_method": "resources/read", "mcp_name": f"=?base64?Y{last}==?="}
    assert denied(message(ping, **headers), MCP) is Reason.HEADER_BODY_MISMATCH


def test_a_broken_sentinel_is_a_name_that_no_body_has():
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    headers = BASE | {"mcp_method": "ping", "mcp_name": "=?base64?A?="}
    assert denied(message(ping, **headers), MCP) is Reason.HEADER_BODY_MISMATCH


@pytest.mark.parametrize(
    "headers",
    [
        {"content_type": "application/json;charset=utf-16"},
        {"content_type": "application/x-www-form-urlencoded"},
        {"content_type": "multipart/form-data; boundary=x"},
        {"content_type": "application/json,application/x-www-form-urlencoded"},
        {"content_type": "application/j\u017fon"},
        {"content_encoding": "gzip"},
        {"content_encoding": "identity,gzip"},
        {"mcp_protocol_version": "2026-07-28,2025-06-18"},
        {"mcp_protocol_version": "2099-01-01"},
    ],
    ids=str,
)
def test_a_header_that_changes_the_reading(headers):
    assert denied(message(TOOL, **headers), MCP) is Reason.REQUEST_MALFORMED


def test_a_body_that_is_longer_for_the_server():
    assert denied(message(TOOL, content_length=str(len(TOOL) + 1)), MCP) is Reason.BODY_TRUNCATED
    assert denied(message(TOOL, x_envoy_auth_partial_body="true"), MCP) is Reason.BODY_TRUNCATED


@pytest.mark.parametrize("method", ["PUT", "PATCH", "OPTIONS", "HEAD", "QUERY"])
def test_a_message_by_another_method(method):
    headers = {"authorization": f"Bearer {IDP.mint()}", "content-type": "application/json"}
    assert denied(check_request(method, path="/mcp", headers=headers, body=TOOL), MCP) is Reason.METHOD_UNKNOWN


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_message_where_there_is_none(method):
    headers = {"authorization": f"Bearer {IDP.mint()}", "content-type": "application/json"}
    assert denied(check_request(method, path="/mcp", headers=headers, body=TOOL), MCP) is Reason.REQUEST_MALFORMED
