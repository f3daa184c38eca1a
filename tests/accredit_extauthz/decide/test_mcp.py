import json
from typing import Any

import pytest

from accredit_extauthz.decide.mcp import read_mcp, read_message_id
from accredit_extauthz.model.decision import Evidence
from accredit_extauthz.model.operation import CLOSE, RESPONSE, STREAM, Operation
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import Refusal
from fakes.scene import call, mcp_call, tool_call

MODERN = {"mcp-protocol-version": "2026-07-28"}
META = "io.modelcontextprotocol/protocolVersion"


def reason_of(message: object, **changes: Any) -> Reason:
    with pytest.raises(Refusal) as caught:
        read_mcp(mcp_call(message, None, **changes), Evidence())
    return caught.value.reason


def read(message: object, **changes: Any) -> Operation:
    return read_mcp(mcp_call(message, None, **changes), Evidence())


def message(method: object, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def test_a_tool_call_is_read() -> None:
    operation = read(tool_call("contacts.search", query="a"))
    assert (operation.method, operation.name, operation.http_method, operation.path) == (
        "tools/call",
        "contacts.search",
        "POST",
        "/mcp",
    )
    assert operation.arguments_digest is not None
    assert not operation.is_base


@pytest.mark.parametrize(
    ("method", "params", "name"),
    [
        ("prompts/get", {"name": "greet"}, "greet"),
        ("resources/read", {"uri": "file:///a"}, "file:///a"),
        ("resources/subscribe", {"uri": "u"}, "u"),
        ("resources/unsubscribe", {"uri": "u"}, "u"),
        ("completion/complete", {"name": "x"}, None),
        ("tasks/get", {"taskId": "t"}, None),
    ],
)
def test_a_method_names_what_its_parameter_says(method: str, params: dict[str, str], name: str | None) -> None:
    assert read(message(method, **params)).name == name


@pytest.mark.parametrize(
    ("method", "base"),
    [
        ("initialize", True),
        ("server/discover", True),
        ("ping", True),
        ("logging/setLevel", True),
        ("notifications/initialized", True),
        ("notifications/cancelled", True),
        ("notifications/progress", True),
        ("notifications/roots/list_changed", True),
        ("tools/list", True),
        ("prompts/list", True),
        ("resources/list", True),
        ("resources/templates/list", True),
        ("Tools/list", False),
        ("notifications/message", False),
        ("completion/complete", False),
        ("sampling/createMessage", False),
    ],
)
def test_base_methods_are_a_closed_list(method: str, base: bool) -> None:
    assert read(message(method)).is_base is base


def test_params_and_id_may_be_absent() -> None:
    assert read({"jsonrpc": "2.0", "method": "notifications/initialized"}).is_base


def test_the_digest_is_of_what_the_arguments_say_not_of_how() -> None:
    spaced = json.dumps(tool_call("x", a=1, b=[1, {"c": "ü"}]), indent=2, ensure_ascii=False).encode()
    assert read(spaced).arguments_digest == read(tool_call("x", b=[1, {"c": "ü"}], a=1)).arguments_digest
    assert read(tool_call("x", a=1)).arguments_digest != read(tool_call("x", a=2)).arguments_digest


@pytest.mark.parametrize(
    "value", [b"99999999999999999999999", b'"\\ud800"'], ids=["a long integer", "a lone surrogate"]
)
def test_arguments_beyond_the_quick_encoder_have_a_digest_too(value: bytes) -> None:
    one, other = (TOOL.replace(b'"a"', b'"a","arguments":[' + value + tail + b"]") for tail in (b"", b",1"))
    assert read(one).arguments_digest != read(other).arguments_digest


TOOL = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}'


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"", Reason.BODY_MISSING, id="nothing"),
        pytest.param(b"[" + TOOL + b"]", Reason.BATCH_UNSUPPORTED, id="a batch"),
        pytest.param(b"[]", Reason.BATCH_UNSUPPORTED, id="an empty batch"),
        pytest.param(b'"tools/call"', Reason.REQUEST_MALFORMED, id="a string"),
        pytest.param(b"null", Reason.REQUEST_MALFORMED, id="null"),
        pytest.param(b"{}", Reason.REQUEST_MALFORMED, id="no version of JSON-RPC"),
        pytest.param(TOOL.replace(b'"2.0"', b"2.0"), Reason.REQUEST_MALFORMED, id="a numeric version"),
        pytest.param(TOOL.replace(b'"2.0"', b'"1.0"'), Reason.REQUEST_MALFORMED, id="JSON-RPC 1"),
        pytest.param(TOOL[:-1], Reason.REQUEST_MALFORMED, id="cut off"),
        pytest.param(TOOL + TOOL, Reason.REQUEST_MALFORMED, id="two messages"),
        pytest.param(TOOL.replace(b'"a"', b'"a","name":"b"'), Reason.REQUEST_MALFORMED, id="a name twice"),
        pytest.param(
            TOOL.replace(b'"a"', b'"a","n\\u0061me":"b"'), Reason.REQUEST_MALFORMED, id="a name twice, escaped"
        ),
        pytest.param(TOOL.replace(b'"a"', b'"a","Name":"b"'), Reason.REQUEST_MALFORMED, id="a twin of name"),
        pytest.param(TOOL.replace(b'"id"', b'"Method":"ping","id"'), Reason.REQUEST_MALFORMED, id="a twin of method"),
        pytest.param(
            TOOL.replace(b'"id"', '"param\u017f":{},"id"'.encode()), Reason.REQUEST_MALFORMED, id="a twin by folding"
        ),
        pytest.param(TOOL.replace(b'"id"', b'"PARAMS":{},"id"'), Reason.REQUEST_MALFORMED, id="a twin of params"),
        pytest.param(
            TOOL.replace(b'"params"', b'"Params"'), Reason.REQUEST_MALFORMED, id="params in another case alone"
        ),
        pytest.param(TOOL.replace(b'"a"', b'"a","Arguments":{}'), Reason.REQUEST_MALFORMED, id="a twin of arguments"),
        pytest.param(TOOL.replace(b'"a"', b'"a","taskid":"t"'), Reason.REQUEST_MALFORMED, id="a twin of taskId"),
        pytest.param(TOOL.replace(b'"id":1', b'"id":null'), Reason.REQUEST_MALFORMED, id="id null"),
        pytest.param(TOOL.replace(b'"id":1', b'"id":1.5'), Reason.REQUEST_MALFORMED, id="id a fraction"),
        pytest.param(TOOL.replace(b'"id":1', b'"id":true'), Reason.REQUEST_MALFORMED, id="id a boolean"),
        pytest.param(TOOL.replace(b'{"name":"a"}', b'["a"]'), Reason.REQUEST_MALFORMED, id="params by position"),
        pytest.param(TOOL.replace(b'{"name":"a"}', b"null"), Reason.REQUEST_MALFORMED, id="params null"),
        pytest.param(TOOL.replace(b'"a"', b"7"), Reason.REQUEST_MALFORMED, id="a numeric name"),
        pytest.param(TOOL.replace(b'"a"', b'""'), Reason.REQUEST_MALFORMED, id="an empty name"),
        pytest.param(TOOL.replace(b'"a"', b'"a\\u0000"'), Reason.REQUEST_MALFORMED, id="NUL in a name"),
        pytest.param(TOOL.replace(b'"a"', b'"a\\u200b"'), Reason.REQUEST_MALFORMED, id="a hidden character in a name"),
        pytest.param(TOOL.replace(b'"a"', b'"\\ud800"'), Reason.REQUEST_MALFORMED, id="a lone surrogate in a name"),
        pytest.param(TOOL.replace(b'"a"', b'"' + b"a" * 1025 + b'"'), Reason.REQUEST_MALFORMED, id="an endless name"),
        pytest.param(TOOL.replace(b'"name"', b'"nome"'), Reason.REQUEST_MALFORMED, id="no name"),
        pytest.param(TOOL.replace(b'"tools/call"', b"7"), Reason.REQUEST_MALFORMED, id="a numeric method"),
        pytest.param(
            TOOL.replace(b'"tools/call"', b'"tools/call "'), Reason.REQUEST_MALFORMED, id="a space in a method"
        ),
        pytest.param(TOOL.replace(b'"tools/call"', b'"$stream"'), Reason.REQUEST_MALFORMED, id="a pseudo-method"),
        pytest.param(TOOL.replace(b'"id"', b'"result":{},"id"'), Reason.REQUEST_MALFORMED, id="request and response"),
        pytest.param(b'{"jsonrpc":"2.0","id":1}', Reason.REQUEST_MALFORMED, id="neither request nor response"),
        pytest.param(b'{"jsonrpc":"2.0","result":{}}', Reason.REQUEST_MALFORMED, id="a response without id"),
        pytest.param(b'{"jsonrpc":"2.0","id":1,"result":1,"error":1}', Reason.REQUEST_MALFORMED, id="two outcomes"),
        pytest.param(b"\xef\xbb\xbf" + TOOL, Reason.REQUEST_MALFORMED, id="a byte order mark"),
        pytest.param(TOOL.decode().encode("utf-16"), Reason.REQUEST_MALFORMED, id="UTF-16"),
        pytest.param(TOOL.replace(b'"a"', b'"a","x":NaN'), Reason.REQUEST_MALFORMED, id="NaN"),
        pytest.param(
            TOOL.replace(b'"a"', b'"a","x":' + b"[" * 100 + b"]" * 100), Reason.REQUEST_MALFORMED, id="too deep"
        ),
    ],
)
def test_a_body_that_another_parser_may_read_differently_is_refused(body: bytes, reason: Reason) -> None:
    assert reason_of(body) is reason


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        pytest.param({"content-type": "text/plain"}, Reason.REQUEST_MALFORMED, id="another type"),
        pytest.param({"content-type": ""}, Reason.REQUEST_MALFORMED, id="no type"),
        pytest.param(
            {"content-type": "application/json; charset=utf-16"}, Reason.REQUEST_MALFORMED, id="another charset"
        ),
        pytest.param({"content-type": "application/json,text/plain"}, Reason.REQUEST_MALFORMED, id="two types"),
        pytest.param({"content-type": "application/j\u017fon"}, Reason.REQUEST_MALFORMED, id="a long s in the type"),
        pytest.param({"content-encoding": "gzip"}, Reason.REQUEST_MALFORMED, id="an encoding"),
        pytest.param({"mcp-protocol-version": "2027-01-01"}, Reason.REQUEST_MALFORMED, id="a version of the future"),
        pytest.param(
            {"mcp-protocol-version": "2025-06-18,2026-07-28"},
            Reason.REQUEST_MALFORMED,
            id="two versions joined by Envoy",
        ),
    ],
)
def test_headers_that_change_the_reading_are_refused(headers: dict[str, str], reason: Reason) -> None:
    assert reason_of(TOOL, headers=headers) is reason


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"']
)
def test_json_in_utf_8_is_what_is_read(kind: str) -> None:
    assert read(TOOL, headers={"content-type": kind, "content-encoding": "identity"}).name == "a"


def test_a_body_shorter_than_announced_is_truncated() -> None:
    assert reason_of(TOOL, declared_size=len(TOOL) + 1) is Reason.BODY_TRUNCATED
    assert read(TOOL, declared_size=len(TOOL)).name == "a"


@pytest.mark.parametrize(
    ("method", "headers", "expected", "base"),
    [
        ("GET", {}, STREAM, True),
        ("DELETE", {"mcp-session-id": "s"}, CLOSE, True),
        ("DELETE", {}, CLOSE, False),
    ],
)
def test_streams_and_ends_of_sessions_are_pseudo_methods(
    method: str, headers: dict[str, str], expected: str, base: bool
) -> None:
    operation = read_mcp(call(None, method=method, headers=headers), Evidence())
    assert (operation.method, operation.is_base, operation.name) == (expected, base, None)


@pytest.mark.parametrize("outcome", [{"result": {}}, {"error": {"code": 1, "message": "x"}}])
def test_a_clients_response_is_a_pseudo_method(outcome: dict[str, Any]) -> None:
    operation = read({"jsonrpc": "2.0", "id": 1, **outcome})
    assert (operation.method, operation.is_base) == (RESPONSE, True)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param(
            {"method": "GET", "headers": MODERN}, Reason.METHOD_UNKNOWN, id="GET in a version without streams"
        ),
        pytest.param({"method": "DELETE", "headers": MODERN}, Reason.METHOD_UNKNOWN, id="DELETE without sessions"),
        pytest.param({"method": "PUT"}, Reason.METHOD_UNKNOWN, id="PUT"),
        pytest.param({"method": "HEAD"}, Reason.METHOD_UNKNOWN, id="HEAD"),
        pytest.param({"method": "OPTIONS"}, Reason.METHOD_UNKNOWN, id="OPTIONS"),
        pytest.param({"method": "GET", "body": TOOL}, Reason.REQUEST_MALFORMED, id="GET with a body"),
        pytest.param(
            {"method": "DELETE", "declared_size": 5}, Reason.REQUEST_MALFORMED, id="DELETE with a body to come"
        ),
        pytest.param(
            {"method": "GET", "headers": {"mcp-method": "ping"}}, Reason.HEADER_BODY_MISMATCH, id="GET, a method"
        ),
    ],
)
def test_http_methods_mean_what_the_version_says(changes: dict[str, Any], reason: Reason) -> None:
    with pytest.raises(Refusal) as caught:
        read_mcp(call(None, **changes), Evidence())
    assert caught.value.reason is reason


def test_clients_send_no_responses_where_servers_send_no_requests() -> None:
    assert reason_of({"jsonrpc": "2.0", "id": 1, "result": {}}, headers=MODERN) is Reason.METHOD_UNKNOWN


@pytest.mark.parametrize(
    ("meta", "headers", "accepted"),
    [
        pytest.param({META: "2026-07-28"}, {**MODERN, "mcp-method": "ping"}, True, id="equal"),
        pytest.param({META: "2025-06-18"}, {**MODERN, "mcp-method": "ping"}, False, id="different"),
        pytest.param({META: "2026-07-28"}, {}, False, id="in the body alone"),
        pytest.param({}, {**MODERN, "mcp-method": "ping"}, True, id="in the header alone"),
        pytest.param("x", {}, True, id="a _meta that is no object"),
    ],
)
def test_the_version_in_the_body_is_the_headers(meta: object, headers: dict[str, str], accepted: bool) -> None:
    asked = message("ping", _meta=meta)
    if accepted:
        assert read(asked, headers=headers).method == "ping"
    else:
        assert reason_of(asked, headers=headers) is Reason.HEADER_BODY_MISMATCH


@pytest.mark.parametrize(
    ("body", "echoed"),
    [
        (b'{"id":7}', 7),
        (b'{"id":"abc"}', "abc"),
        (b'{"id":"' + b"a" * 65 + b'"}', None),
        (b'{"id":"a\\nb"}', None),
        (b'{"id":9223372036854775808}', None),
        (b'{"id":true}', None),
        (b'{"id":1.0}', None),
        (b'{"id":null}', None),
        (b'{"id":1,"id":2}', None),
        (b"[1]", None),
        (b"nope", None),
        (b"", None),
    ],
)
def test_an_id_is_echoed_only_when_it_is_small_and_certain(body: bytes, echoed: object) -> None:
    assert read_message_id(body) == echoed
