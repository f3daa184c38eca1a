from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from accredit_extauthz.codec.envoy_subset_pb2 import AttributeContext
from accredit_extauthz.codec.request import read
from accredit_extauthz.model.call import Call
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import Refusal
from fakes.envoy import bare_request, check_request, raw_header_request

TRACE = "0af7651916cd43dd8448eb211c80319c"


def test_everything_that_a_decision_needs_is_read():
    call = read(
        check_request(
            "POST",
            "crm.example",
            "/mcp",
            headers={"authorization": "Bearer t", "x-request-id": "r-1", "content-length": "2"},
            body=b"{}",
            principal="spiffe://cluster.local/ns/research/sa/planner",
            address="192.0.2.7",
            destination="spiffe://cluster.local/ns/tools/sa/crm",
            extensions={"accredit.dev/policy": "tools/crm"},
        )
    )
    assert (call.method, call.host, call.path, call.body, call.declared_size) == (
        "POST",
        "crm.example",
        "/mcp",
        b"{}",
        2,
    )
    assert call.headers["authorization"] == "Bearer t"
    assert call.peer.principal == "spiffe://cluster.local/ns/research/sa/planner"
    assert (call.peer.address, call.peer.certificate) == ("192.0.2.7", "")
    assert call.destination == "spiffe://cluster.local/ns/tools/sa/crm"
    assert call.extensions == {"accredit.dev/policy": "tools/crm"}
    assert (call.request_id, call.trace_id, call.spoofed) == ("r-1", "", ())


@pytest.mark.parametrize(
    ("sent", "host"),
    [
        pytest.param("CRM.Example", "crm.example", id="case is folded"),
        pytest.param("crm.example:8443", "crm.example", id="the port is cut"),
        pytest.param("crm.example.", "crm.example", id="one trailing dot is cut"),
        pytest.param("crm.example.:80", "crm.example", id="dot and port are cut"),
        pytest.param("crm.example..", "crm.example.", id="a second dot stays, to be refused"),
        pytest.param("crm.example:http", "crm.example:http", id="a named port stays, to be refused"),
        pytest.param("crm.example:", "crm.example:", id="an empty port stays, to be refused"),
        pytest.param("crm.example:80:80", "crm.example:80", id="a second port stays, to be refused"),
        pytest.param("crm.example:80\n", "crm.example:80\n", id="a line break stays, to be refused"),
        pytest.param("crm.example,evil.example", "crm.example,evil.example", id="two hosts stay, to be refused"),
        pytest.param("[2001:DB8::1]:443", "[2001:db8::1]", id="an address keeps its brackets"),
        pytest.param("\u212aey.example", "\u212aey.example", id="the Kelvin sign does not become a k"),
        pytest.param("", "", id="none"),
    ],
)
def test_the_host_is_folded(sent, host):
    assert read(check_request(host=sent)).host == host


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        pytest.param("/a/b?c=/d", "/a/b", id="without the query"),
        pytest.param("/a/b#c", "/a/b#c", id="a fragment stays, to be refused"),
        pytest.param("/a#b?c", "/a#b", id="a fragment before the query stays, to be refused"),
        pytest.param("/a?b#c", "/a", id="a fragment after the query"),
        pytest.param("/A%2Fb;c", "/A%2Fb;c", id="everything else stays as it was sent"),
        pytest.param("", "", id="none"),
    ],
)
def test_the_path_has_no_query(sent, path):
    assert read(check_request(path=sent)).path == path


@pytest.mark.parametrize(
    ("sent", "trace_id"),
    [
        pytest.param(f"00-{TRACE}-b7ad6b7169203331-01", TRACE, id="version 0"),
        pytest.param(f"01-{TRACE}-b7ad6b7169203331-01-more", TRACE, id="a later version may say more"),
        pytest.param(f"00-{TRACE}-b7ad6b7169203331-01-more", "", id="version 0 may not"),
        pytest.param(f"ff-{TRACE}-b7ad6b7169203331-01", "", id="version ff"),
        pytest.param(f"00-{'0' * 32}-b7ad6b7169203331-01", "", id="the zero trace"),
        pytest.param(f"00-{TRACE}-{'0' * 16}-01", "", id="the zero parent"),
        pytest.param(f"00-{TRACE.upper()}-b7ad6b7169203331-01", "", id="upper case"),
        pytest.param(f"00-{TRACE}-b7ad6b7169203331-01,00-{TRACE}-b7ad6b7169203331-01", "", id="two"),
        pytest.param("", "", id="none"),
    ],
)
def test_the_trace_id_comes_from_a_strict_traceparent(sent, trace_id):
    assert read(check_request(headers={"traceparent": sent})).trace_id == trace_id


@pytest.mark.parametrize(
    ("name", "is_spoofed"),
    [
        pytest.param("x-user-uid", True, id="an owned name"),
        pytest.param("x_user_uid", True, id="with underscores"),
        pytest.param("x-agent_id", True, id="with one underscore"),
        pytest.param("X-Agent-Id", True, id="in capitals"),
        pytest.param("x-accredit-decision", True, id="the decision"),
        pytest.param("x-accredit-assertion", True, id="what is reserved"),
        pytest.param("x-http-method-override", True, id="a method override"),
        pytest.param("X_Original_URL", True, id="a path override in another spelling"),
        pytest.param("x-rewrite-url", True, id="the other path override"),
        pytest.param("x-user-uid2", False, id="a longer name"),
        pytest.param("user-uid", False, id="a shorter name"),
        pytest.param("authorization", False, id="the token"),
    ],
)
def test_headers_that_pretend_to_be_ours_are_listed_as_spelt(name, is_spoofed):
    assert read(check_request(headers={name: "mallory"})).spoofed == ((name,) if is_spoofed else ())


@pytest.mark.parametrize(
    ("headers", "received", "size"),
    [
        pytest.param({"content-length": "12"}, 5, 12, id="what the client announced"),
        pytest.param({}, 5, 5, id="what was received"),
        pytest.param({}, 0, -1, id="nobody said"),
        pytest.param({"content-length": "1,1"}, 0, -1, id="two lengths"),
        pytest.param({"content-length": "٣"}, 0, -1, id="another script's digits"),
        pytest.param({"content-length": "9" * 5000}, 0, -1, id="a number too long to read"),
    ],
)
def test_the_declared_size(headers, received, size):
    http = AttributeContext.HttpRequest(method="POST", headers=headers, size=received)
    assert read(_with(http)).declared_size == size


def test_a_body_that_envoy_sent_as_text_is_read():
    assert read(_with(AttributeContext.HttpRequest(body="{é}"))).body == "{é}".encode()


def test_raw_headers_are_read_and_joined_and_scanned():
    call = read(
        raw_header_request([("authorization", b"Bearer a"), ("authorization", b"Bearer b"), ("x_tenant_id", b"\xff")])
    )
    assert call.headers["authorization"] == "Bearer a,Bearer b"
    assert call.headers["x_tenant_id"] == "\ufffd"
    assert call.spoofed == ("x_tenant_id",)


def test_names_that_differ_in_case_are_one_header():
    call = read(check_request(headers={"Authorization": "Bearer a", "authorization": "Bearer b"}))
    assert sorted(call.headers["authorization"].split(",")) == ["Bearer a", "Bearer b"]


def test_names_that_are_known_by_now_are_read_as_at_first():
    data = check_request(headers={"accept": "a", "x-user-uid": "m", "cookie": "c"})
    plain = check_request(headers={"accept": "a", "cookie": "c"})
    assert [read(each) for each in (data, plain, data, plain)] == [read(data), read(plain)] * 2
    assert read(data).spoofed == ("x-user-uid",)
    assert read(plain).spoofed == ()


def test_raw_headers_beside_known_names_are_still_scanned():
    http = AttributeContext.HttpRequest(headers={"accept": "a"})
    read(_with(http))
    http.header_map.headers.add(key="x-tenant-id", raw_value=b"m")
    assert read(_with(http)).spoofed == ("x-tenant-id",)


def test_a_request_id_is_bounded():
    assert read(check_request(headers={"x-request-id": "r" * 10_000})).request_id == "r" * 128


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff\xff\xff", id="no protobuf"),
        pytest.param(bare_request(AttributeContext()), id="no request"),
        pytest.param(bare_request(AttributeContext(request=AttributeContext.Request())), id="no http"),
        pytest.param(check_request(path="/a" * 50)[:-9], id="cut off"),
    ],
)
def test_bytes_without_a_request_are_malformed(data):
    with pytest.raises(Refusal) as refused:
        read(data)
    assert refused.value.reason is Reason.REQUEST_MALFORMED


@given(st.binary())
@example(b"\n\x00")
def test_bytes_are_read_or_refused(data):
    with suppress(Refusal):
        assert isinstance(read(data), Call)


def _with(http: AttributeContext.HttpRequest) -> bytes:
    return bare_request(AttributeContext(request=AttributeContext.Request(http=http)))
