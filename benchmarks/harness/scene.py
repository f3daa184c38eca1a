"""Who asks for what in the benchmarks: snapshots of any size, tokens, and requests as Envoy and clients write them.

One user, through a chain of two agents, reads a contact by an HTTP policy or calls a tool by an MCP one. All other
policies and agents are there to be passed by.
"""

import json
import time
from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization

from accredit_extauthz.contract.codec import encode_document
from accredit_extauthz.contract.names import AgentRef
from accredit_extauthz.contract.snapshot import AgentRecord, Effect, HostOwner, HttpMatch, McpMatch, Protocol
from accredit_operator.compile.memo import Memo
from accredit_operator.compile.shards import Records, head_of, shard_records
from fakes import scene
from fakes.envoy import check_request
from harness.h2 import Request, grpc_request, header_block

HTTP_HOST, MCP_HOST, PATH = scene.HOST, "mcp.example", "/v1/contacts/42?fields=all"
SHARD_NAMES = 64  # namespaces over which agents and policies are spread
BODY_BYTES = {"0.3 KiB": 300, "4 KiB": 4096, "60 KiB": 61_000}
_SENT = {
    "accept": "application/json",
    "user-agent": "agent-sdk/4.2 (python 3.12)",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
}
_ADDED = {  # by Envoy
    ":scheme": "http",
    "x-forwarded-for": "192.0.2.7",
    "x-forwarded-proto": "http",
    "x-request-id": "6f1c7a2e-41d8-4bb5-a4a3-9a1f0a5d7c11",
}


@dataclass(frozen=True)
class World:
    """A snapshot of so many policies and agents; `edition` is in every agent, and orders snapshots."""

    policies: int = 1000
    agents: int = 5000
    edition: int = 1

    def document(self) -> bytes:
        """Return the snapshot, as a file holds it."""
        shards = shard_records(self._records(), Memo())
        return encode_document(head_of(shards, writer="benchmark", sequence=self.edition), shards)

    def _records(self) -> Records:
        hosts = [HTTP_HOST, MCP_HOST, *(f"h{n}.example" for n in range(self.policies - 2))][: self.policies]
        bodies = {MCP_HOST: _MCP}
        policies = [
            scene.policy(f"p{n}", _team("tools", n), targets=(scene.host_target(host),), body=bodies.get(host, _HTTP))
            for n, host in enumerate(hosts)
        ]
        owners = tuple(HostOwner(pattern=host, namespace=_team("tools", n)) for n, host in enumerate(hosts))
        return Records((scene.issuer_record(),), owners, tuple(self._agents()), tuple(policies))

    def _agents(self) -> list[AgentRecord]:
        labels = {"edition": str(self.edition)}
        searcher = AgentRef("research", "searcher")
        first = scene.agent("planner", delegates_to=(searcher,), scopes=("tool:crm:*", "tool:a:*"), labels=labels)
        others = [
            scene.agent(f"other-{n}", ref=AgentRef(_team("agents", n), f"other-{n}"), labels=labels)
            for n in range(self.agents - 2)
        ]
        return [first, scene.agent("searcher", labels=labels), *others]


def _team(kind: str, number: int) -> str:
    return f"{kind}-{number % SHARD_NAMES}"


_ADMIN = HttpMatch(methods=("*",), paths=("/v1/admin/**",))
_DROPS = McpMatch(methods=("tools/call",), tools=("drop_*",))
_HTTP = scene.body(
    rules=(
        scene.http_rule(),
        scene.http_rule(name="write", http=HttpMatch(methods=("POST",), paths=("/v1/contacts",))),
        scene.http_rule(name="never", effect=Effect.DENY, scopes=(), http=_ADMIN),
    )
)
_MCP = scene.body(
    protocol=Protocol.MCP,
    rules=(
        scene.mcp_rule(),
        scene.mcp_rule(name="never", effect=Effect.DENY, scopes=(), mcp=_DROPS),
    ),
)


def public_key_pem() -> bytes:
    """Return the issuer's public key, as peers read it."""
    key = scene.IDP._private.public_key()  # noqa: SLF001 -- the fake issuer shows it as a JWK alone
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def key_set() -> str:
    """Return the issuer's JWK set."""
    return json.dumps({"keys": [scene.IDP.jwk()]})


def token(number: int = 0, user: str = "alice", scope: str = "tool:crm:read tool:crm:write") -> str:
    """Return a token of its own for each number, good for an hour."""
    now = int(time.time())  # noqa: TID251 -- the measured program lives now
    chain = {"sub": "agent:searcher", "act": {"sub": "agent:planner"}}
    changes = {"jti": f"t-{number}", "iat": now - 5, "exp": now + 3500, "act": chain, "sub": user, "scope": scope}
    return scene.IDP.mint(scene.IDP.claims(org_id="org_1", **changes))


def http_asked(bearer: str | None) -> bytes:
    """Return the CheckRequest of a GET; without a bearer it is denied."""
    headers = _ADDED | _SENT | ({} if bearer is None else {"authorization": f"Bearer {bearer}"})
    return check_request(path=PATH, headers=headers)


def mcp_asked(bearer: str, body: bytes) -> bytes:
    """Return the CheckRequest of an MCP message."""
    headers = _ADDED | _SENT | _mcp_headers(bearer, body)
    return check_request("POST", MCP_HOST, "/mcp", headers=headers, body=body)


def http_check(bearer: str) -> Request:
    """Return the Check of a GET."""
    return grpc_request(http_asked(bearer))


def mcp_check(bearer: str, size: int) -> Request:
    """Return the Check of a tools/call with a body of `size` bytes."""
    return grpc_request(mcp_asked(bearer, tool_call(size)))


def http_fields(bearer: str) -> dict[str, str]:
    """Return the fields of the GET as a client sends it to Envoy."""
    pseudo = {":method": "GET", ":scheme": "http", ":authority": HTTP_HOST, ":path": PATH}
    return pseudo | _SENT | {"authorization": f"Bearer {bearer}"}


def http_get(bearer: str) -> Request:
    """Return the GET as a client sends it to Envoy."""
    return Request(header_block(http_fields(bearer)), b"")


def mcp_post(bearer: str, size: int) -> Request:
    """Return the tools/call as a client sends it to Envoy."""
    body = tool_call(size)
    pseudo = {":method": "POST", ":scheme": "http", ":authority": MCP_HOST, ":path": "/mcp"}
    return Request(header_block(pseudo | _SENT | _mcp_headers(bearer, body)), body)


def _mcp_headers(bearer: str, body: bytes) -> dict[str, str]:
    return {
        "authorization": f"Bearer {bearer}",
        "content-type": "application/json",
        "content-length": str(len(body)),
        "mcp-protocol-version": "2025-06-18",
    }


def tool_call(size: int) -> bytes:
    """Return a tools/call message of `size` bytes."""
    empty = _tool_call("")
    return _tool_call("x" * (size - len(empty)))


def _tool_call(query: str) -> bytes:
    arguments = {"limit": 10, "deep": {"names": ["a", "b"]}, "query": query}
    parameters = {"name": "contacts.search", "arguments": arguments}
    message = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": parameters}
    return json.dumps(message, separators=(",", ":")).encode()
