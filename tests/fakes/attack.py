"""An attacker's side of one check: what is sent, and that it is denied, on record and with nothing of an allow."""

import json
from typing import Any

import msgspec

from accredit_extauthz.audit import record
from accredit_extauthz.codec import request, response
from accredit_extauthz.codec.envoy_subset_pb2 import CheckResponse
from accredit_extauthz.contract.snapshot import DenialBody, HttpMatch, Protocol
from accredit_extauthz.decide.decide import decide, refused
from accredit_extauthz.decide.view import View
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.serve.check import Check, Steps
from accredit_extauthz.serve.holder import Holder
from fakes.envoy import check_request
from fakes.scene import IDP, body, http_rule, mcp_rule, policy, tool_call, view
from fakes.shell import FakeClock, ListMeter, ListSink

STEPS = Steps(request.read, decide, refused, response.encode, record.encode)
WIDE = view(policies=(policy(body=body(rules=(http_rule(http=HttpMatch(methods=("GET", "POST"), paths=("/**",))),))),))
MCP = view(policies=(policy(body=body(protocol=Protocol.MCP, rules=(mcp_rule(),), denial_body=DenialBody.JSON_RPC)),))
MODERN = {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "contacts.search"}
TOOL = msgspec.json.encode(tool_call())


def answered(data: bytes, seen: View) -> tuple[CheckResponse, list[dict[str, Any]]]:
    """The answer to one check, and the audit records it left."""
    clock, sink = FakeClock(), ListSink()
    holder = Holder(clock)
    holder.swap(seen)
    answer = Check(holder, clock, STEPS, sink, ListMeter(), fallback=response.FALLBACK)(data)
    return CheckResponse.FromString(answer), [json.loads(line) for line in sink.lines]


def denied(data: bytes, seen: View = WIDE) -> Reason:
    """The reason of a denial; asserts that it is one."""
    answer, records = answered(data, seen)
    assert answer.status.code != 0
    assert not answer.HasField("ok_response")
    assert [(written["decision"], written["reason"]) for written in records] == [
        ("deny", answer.dynamic_metadata["reason"])
    ]
    return Reason(records[0]["reason"])


def allowed(data: bytes, seen: View = WIDE) -> CheckResponse:
    """The answer to a request that is allowed: the same attack's harmless twin."""
    answer, records = answered(data, seen)
    assert (answer.status.code, [written["decision"] for written in records]) == (0, ["allow"])
    return answer


def with_token(token: str, **changes: Any) -> bytes:
    """The scene's GET with this token."""
    headers = {"authorization": f"Bearer {token}"} | changes.pop("headers", {})
    return check_request(**({"headers": headers} | changes))


def message(data: object = TOOL, **headers: str) -> bytes:
    """A POST of one MCP message; `_` in a header's name stands for `-`."""
    sent = data if isinstance(data, bytes) else msgspec.json.encode(data)
    written = {name.replace("_", "-"): value for name, value in headers.items()}
    written = {"authorization": f"Bearer {IDP.mint()}", "content-type": "application/json"} | written
    return check_request("POST", path="/mcp", headers=written, body=sent)
