"""A small world to decide in: one issuer, a few agents, one policy; each test changes what it is about."""

from typing import Any

import msgspec

from accredit_extauthz.contract.names import AgentRef, Issuer, IssuerName, PolicyRef
from accredit_extauthz.contract.snapshot import (
    ActsFor,
    AgentRecord,
    ClaimNames,
    Effect,
    HostOwner,
    HostTarget,
    HttpMatch,
    Identity,
    IssuerRecord,
    Key,
    Layout,
    McpMatch,
    PolicyBody,
    PolicyRecord,
    Protocol,
    Rule,
    Snapshot,
    Standing,
)
from accredit_extauthz.decide.decide import decide
from accredit_extauthz.decide.view import Deployment, View, build
from accredit_extauthz.model.call import Call, Peer
from accredit_extauthz.model.decision import Decision
from fakes.issuer import NOW, FakeIssuer

IDP = FakeIssuer()
CORP = IssuerName("corp")
HOST = "crm.example"


def issuer_record(issuer: FakeIssuer = IDP, **changes: Any) -> IssuerRecord:
    jwk = issuer.jwk()
    fields = {
        "name": CORP,
        "issuer": Issuer(issuer.issuer),
        "claims": ClaimNames(
            layout=Layout.ACT_CLAIM, client="client_id", groups="groups", tenant="org_id", email="email"
        ),
        "algorithms": (issuer.algorithm,),
        "keys": (Key(kid=issuer.kid, algorithm=issuer.algorithm, jwk=jwk),),
    }
    return IssuerRecord(**(fields | changes))


def agent(name: str = "planner", **changes: Any) -> AgentRecord:
    fields: dict[str, Any] = {
        "ref": AgentRef("research", name),
        "identities": (Identity(issuer=CORP, subject=f"agent:{name}"),),
        "scopes": ("tool:crm:*",),
        "acts_for": ActsFor(any_user=True),
    }
    return AgentRecord(**(fields | changes))


def http_rule(**changes: Any) -> Rule:
    fields: dict[str, Any] = {
        "name": "read",
        "effect": Effect.ALLOW,
        "http": HttpMatch(methods=("GET",), paths=("/v1/contacts", "/v1/contacts/*")),
        "scopes": ("tool:crm:read",),
    }
    return Rule(**(fields | changes))


def mcp_rule(**changes: Any) -> Rule:
    fields: dict[str, Any] = {
        "name": "read",
        "effect": Effect.ALLOW,
        "mcp": McpMatch(methods=("tools/call",), tools=("contacts.search", "contacts.get_*")),
        "scopes": ("tool:crm:read",),
    }
    return Rule(**(fields | changes))


def body(**changes: Any) -> PolicyBody:
    fields: dict[str, Any] = {
        "protocol": Protocol.HTTP,
        "issuers": (CORP,),
        "audiences": ("https://crm.example",),
        "rules": (http_rule(),),
    }
    return PolicyBody(**(fields | changes))


def host_target(host: str = HOST, path: str = "", standing: Standing = Standing.GOVERNS) -> HostTarget:
    return HostTarget(host=host, path=path, standing=standing)


def policy(name: str = "crm", namespace: str = "tools", **changes: Any) -> PolicyRecord:
    fields: dict[str, Any] = {
        "ref": PolicyRef(namespace, name),
        "generation": 1,
        "targets": (host_target(),),
        "body": body(),
    }
    return PolicyRecord(**(fields | changes))


def snapshot(**changes: Any) -> Snapshot:
    fields: dict[str, Any] = {
        "sequence": 1,
        "digest": "sha256:0",
        "issuers": (issuer_record(),),
        "agents": (agent(),),
        "policies": (policy(),),
        "owners": (HostOwner(pattern=HOST, namespace="tools"),),
    }
    return Snapshot(**(fields | changes))


def view(deployment: Deployment | None = None, **changes: Any) -> View:
    return build(snapshot(**changes), deployment or Deployment())


def call(token: str | None = "", **changes: Any) -> Call:
    """A GET that the scene allows. `token`: empty for a good one, None for no Authorization header at all."""
    bearer = IDP.mint() if token == "" else token
    headers = {} if bearer is None else {"authorization": f"Bearer {bearer}"}
    headers |= changes.pop("headers", {})
    base = Call(
        method="GET",
        host=HOST,
        path="/v1/contacts",
        headers=headers,
        body=b"",
        declared_size=-1,
        peer=Peer("", "127.0.0.1", ""),
        destination="",
        extensions={},
        request_id="r-1",
        trace_id="",
        spoofed=(),
    )
    return msgspec.structs.replace(base, **changes)


def mcp_call(message: object, token: str | None = "", **changes: Any) -> Call:
    """A POST of one MCP message."""
    data = message if isinstance(message, bytes) else msgspec.json.encode(message)
    headers = {"content-type": "application/json"} | changes.pop("headers", {})
    return call(token, **({"method": "POST", "path": "/mcp", "headers": headers, "body": data} | changes))


def tool_call(name: object = "contacts.search", **arguments: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": name, "arguments": arguments}}


def claims_call(**changes: Any) -> Call:
    """The scene's GET with a token of changed claims."""
    return call(IDP.mint(IDP.claims(**changes)))


def ruled(asked: Call, seen: View | None = None, now: int = NOW, view_age_s: int = 0) -> Decision:
    return decide(asked, seen if seen is not None else view(), now, view_age_s)
