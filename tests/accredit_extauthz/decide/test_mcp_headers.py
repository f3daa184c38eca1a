import pytest

from accredit_extauthz.decide.mcp_headers import check_headers, decode_header, protocol_version
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import Refusal

LEGACY, MODERN = "2025-06-18", "2026-07-28"


@pytest.mark.parametrize(
    ("version", "headers", "method", "name", "accepted"),
    [
        pytest.param(LEGACY, {}, "tools/call", "a", True, id="an older client sends none"),
        pytest.param(LEGACY, {"mcp-method": "tools/call"}, "tools/call", "a", True, id="an agreeing method"),
        pytest.param(LEGACY, {"mcp-method": "tools/list"}, "tools/call", "a", False, id="another method"),
        pytest.param(LEGACY, {"mcp-name": "a"}, "tools/call", "a", True, id="an agreeing name"),
        pytest.param(LEGACY, {"mcp-name": "b"}, "tools/call", "a", False, id="another name"),
        pytest.param(LEGACY, {"mcp-name": "a"}, "ping", None, False, id="a name where nothing is named"),
        pytest.param(MODERN, {}, "tools/call", "a", False, id="none where they are due"),
        pytest.param(MODERN, {"mcp-method": "tools/call"}, "tools/call", "a", False, id="no name where it is due"),
        pytest.param(MODERN, {"mcp-method": "tools/call", "mcp-name": "a"}, "tools/call", "a", True, id="both"),
        pytest.param(
            MODERN, {"mcp-method": "tools/call", "mcp-name": "a,b"}, "tools/call", "a", False, id="two, joined"
        ),
        pytest.param(
            MODERN, {"mcp-method": "tools/call", "mcp-name": "A"}, "tools/call", "a", False, id="another case"
        ),
        pytest.param(
            MODERN, {"mcp-method": "Tools/Call", "mcp-name": "a"}, "tools/call", "a", False, id="method's case"
        ),
        pytest.param(MODERN, {"mcp-method": "ping"}, "ping", None, True, id="a method that names nothing"),
        pytest.param(MODERN, {"mcp-method": "ping", "mcp-name": "a"}, "ping", None, False, id="a name beside it"),
        pytest.param(
            MODERN,
            {"mcp-method": "ping", "mcp-name": "=?base64?A?="},
            "ping",
            None,
            False,
            id="a broken sentinel beside it",
        ),
        pytest.param(
            MODERN,
            {"mcp-method": "tools/call", "mcp-name": "=?base64?w7w=?="},
            "tools/call",
            "ü",
            True,
            id="a sentinel",
        ),
        pytest.param(
            MODERN,
            {"mcp-method": "tools/call", "mcp-name": "=?base64?YQ==?="},
            "tools/call",
            "b",
            False,
            id="it differs",
        ),
    ],
)
def test_headers_agree_with_the_body(
    version: str, headers: dict[str, str], method: str, name: str | None, accepted: bool
) -> None:
    try:
        check_headers(headers, version, method=method, name=name)
        outcome = None
    except Refusal as refusal:
        outcome = refusal.reason
    assert outcome is (None if accepted else Reason.HEADER_BODY_MISMATCH)


def test_a_task_is_named_by_its_id() -> None:
    headers = {"mcp-method": "tasks/get", "mcp-name": "t-1"}
    check_headers(headers, MODERN, method="tasks/get", name=None, task="t-1")
    with pytest.raises(Refusal):
        check_headers(headers, MODERN, method="tasks/get", name=None, task="t-2")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("plain", "plain"),
        ("=?base64?w7w=?=", "ü"),
        ("=?base64??=", ""),
        ("=?base64?w7w?=", None),
        ("=?base64?w7x=?=", None),
        ("=?base64?/w==?=", None),
        ("=?BASE64?w7w=?=", "=?BASE64?w7w=?="),
    ],
)
def test_a_broken_sentinel_says_nothing(value: str, said: str | None) -> None:
    assert decode_header(value) == said


def test_without_a_header_the_version_is_the_one_servers_assume() -> None:
    assert protocol_version({}) == "2025-03-26"
    assert protocol_version({"mcp-protocol-version": MODERN}) == MODERN
    with pytest.raises(Refusal) as caught:
        protocol_version({"mcp-protocol-version": "1"})
    assert caught.value.reason is Reason.REQUEST_MALFORMED
