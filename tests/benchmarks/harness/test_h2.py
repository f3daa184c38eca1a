"""The load that benchmarks make, against the server that they measure."""

import itertools

import pytest
from harness.h2 import HEADERS, Load, allowed_check, grpc_request, header_block, ok_response

from accredit_extauthz.codec import response
from accredit_extauthz.codec.envoy_subset_pb2 import CheckResponse
from accredit_extauthz.transport.choose import choose

ALLOWED, DENIED = b"allow", b"deny"


@pytest.fixture
def port():
    allow = CheckResponse()
    allow.ok_response.headers_to_remove.append("x")
    answers = {ALLOWED: allow.SerializeToString(), DENIED: response.FALLBACK}
    handler = lambda data: answers[bytes(data).rstrip(b"\0")]  # noqa: E731 -- two lines would say no more
    server = choose("completion-queue")(handler, response.FALLBACK, lambda: True, "127.0.0.1:0")
    yield int(server.start().rpartition(":")[2])
    server.stop(0, 1)


@pytest.mark.parametrize("size", [300, 16_384, 61_000])
def test_every_call_is_made_once_and_its_answer_is_judged(port, size):
    load = Load(port, (2, 16))
    kinds = itertools.cycle([ALLOWED, ALLOWED, DENIED])
    done = load.drive(120, (grpc_request(kind.ljust(size, b"\0")) for kind in kinds))
    load.close()
    assert (done.calls, done.allowed) == (120, 80)


def test_a_check_is_allowed_when_its_status_has_no_code():
    empty, coded = CheckResponse(), CheckResponse()
    coded.status.code = 7
    empty.ok_response.headers_to_remove.append("x")
    framed = [b"\0" * 5 + each.SerializeToString() for each in (CheckResponse(), empty, coded)]
    assert [allowed_check(0, 0, each) for each in framed] == [True, True, False]


@pytest.mark.parametrize(
    ("kind", "payload", "expected"),
    [
        pytest.param(HEADERS, b"\x88", True, id="status 200 of the static table"),
        pytest.param(HEADERS, b"\x3f\xe1\x1f\x88", True, id="after a new size of the table, of several bytes"),
        pytest.param(HEADERS, b"\x8d", False, id="status 404 of the static table"),
        pytest.param(0, b"\x88", False, id="a body that looks like one"),
    ],
)
def test_a_response_is_ok_when_its_first_field_says_so(kind, payload, expected):
    assert ok_response(kind, 0, payload) is expected


def test_long_values_have_a_length_of_several_bytes():
    assert header_block({"a": "x" * 337}) == b"\x10\x01a\x7f\xd2\x01" + b"x" * 337
