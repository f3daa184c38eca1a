"""A call, made: by the official MCP client or as one HTTP request; and what came back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from accredit_cli.demo.stack import HOST
from accredit_cli.demo.steps import Call, Sender
from accredit_extauthz.model.reason import Reason

PROTOCOL = "2026-07-28"
_META = {"io.modelcontextprotocol/protocolVersion": PROTOCOL, "io.modelcontextprotocol/clientCapabilities": {}}
_TIMEOUT_S = 5.0


@dataclass(slots=True)
class Outcome:
    """What a caller learns: the reason in the answer (`allowed` when the tool ran), and what the upstream was told."""

    status: int = 0
    reason: str = ""
    decision: str = ""
    challenge: str = ""
    told: Mapping[str, str] = field(default_factory=dict)

    async def note(self, answer: httpx2.Response) -> None:
        """Take over what the headers of an answer say; a later answer replaces an earlier one, until the tool ran."""
        if self.reason == Reason.ALLOWED:
            return
        self.status = answer.status_code
        self.reason = answer.headers.get("x-accredit-reason", "")
        self.decision = answer.headers.get("x-accredit-decision", "")
        self.challenge = answer.headers.get("www-authenticate", "")

    def ran(self, result: Mapping[str, object]) -> None:
        """Take over the tool's own answer."""
        told = result.get("told")
        self.reason = Reason.ALLOWED
        self.told = told if isinstance(told, dict) else {}


async def send(url: str, call: Call, bearer: str | None) -> Outcome:
    """Return what came of a call. A failure of transport is an Outcome with the failure as its reason."""
    outcome = Outcome()
    headers = {"Host": HOST, **call.headers}
    if bearer is not None:
        headers["Authorization"] = f"Bearer {bearer}"
    hooks = {"response": [outcome.note]}
    try:
        async with httpx2.AsyncClient(headers=headers, event_hooks=hooks, timeout=_TIMEOUT_S, trust_env=False) as http:
            await _by(call.sender, url, call, http, outcome)
    except* (httpx2.HTTPError, MCPError, TimeoutError) as failures:
        outcome.reason = outcome.reason or f"{type(failures.exceptions[0]).__name__}: {failures.exceptions[0]}"
    return outcome


async def _by(sender: Sender, url: str, call: Call, http: httpx2.AsyncClient, outcome: Outcome) -> None:
    match sender:
        case Sender.CLIENT:
            await _client(url, call, http, outcome, mode="auto")
        case Sender.LEGACY:
            await _client(url, call, http, outcome, mode="legacy")
        case Sender.PLAIN:
            await _plain(url, message(call), call.tool, http, outcome)
        case Sender.BATCH:
            await _plain(url, [message(call)], call.tool, http, outcome)
        case Sender.OTHER_NAME:
            await _plain(url, message(call), "contacts.export", http, outcome)


async def _client(url: str, call: Call, http: httpx2.AsyncClient, outcome: Outcome, mode: str) -> None:
    transport = streamable_http_client(url, http_client=http)
    async with Client(transport, mode=mode, read_timeout_seconds=_TIMEOUT_S) as client:
        result = await client.call_tool(call.tool, call.arguments)
        if not result.is_error:
            outcome.ran(result.structured_content or {})


async def _plain(url: str, body: object, named: str, http: httpx2.AsyncClient, outcome: Outcome) -> None:
    answer = await http.post(url, content=json.dumps(body), headers=protocol_headers(named))
    result = answer.json().get("result") if answer.is_success else None
    if isinstance(result, dict):
        outcome.ran(result.get("structuredContent") or {})


def message(call: Call) -> dict[str, object]:
    """Return the JSON-RPC message of a tool call."""
    params = {"name": call.tool, "arguments": call.arguments, "_meta": _META}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}


def protocol_headers(tool: str) -> dict[str, str]:
    """Return the headers that the newest protocol wants beside a tool call."""
    return {
        "content-type": "application/json",
        "accept": "application/json, text/event-stream",
        "mcp-protocol-version": PROTOCOL,
        "mcp-method": "tools/call",
        "mcp-name": tool,
    }
