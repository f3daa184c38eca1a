"""Requests that have a good chance: a real target, a rule's operation, a chain along granted edges."""

from random import Random
from typing import Any

from accredit_extauthz.contract.names import AgentRef
from accredit_extauthz.contract.snapshot import (
    CallerKind,
    Effect,
    HostTarget,
    HttpMatch,
    IssuerRecord,
    Layout,
    McpMatch,
    PolicyBody,
    PolicyRecord,
    Protocol,
)
from accredit_extauthz.model.call import Peer
from fakes.issuer import NOW
from reference.generated import agents, issuers, policies
from reference.generated.draft import Draft
from reference.generated.worlds import World

VERSIONS = (None, None, "2025-06-18", "2025-11-25", "2026-07-28", "2026-07-28")
NAMING = {"tools/call": "name", "prompts/get": "name"}


def put(claims: dict[str, Any], name: str | None, value: Any) -> None:
    """Set what stands under a claim name or JSON Pointer."""
    if name is None or value is None:
        return
    if not name.startswith("/"):
        claims[name] = value
        return
    *inner, last = [step.replace("~1", "/").replace("~0", "~") for step in name[1:].split("/")]
    for step in inner:
        if not isinstance(claims.setdefault(step, {}), dict):
            claims[step] = {}
        claims = claims[step]
    claims[last] = value


def chain(rng: Random, world: World, length: int) -> list[AgentRef]:
    """Root first, along edges of both ends where there are some."""
    by_ref = {agent.ref: agent for agent in world.snapshot.agents}
    roots = [agent.ref for agent in world.snapshot.agents if agent.acts_for is not None]
    found = [rng.choice(roots or list(by_ref))]
    while len(found) < length:
        last = by_ref[found[-1]]
        onward = [
            ref
            for ref in last.delegates_to
            if ref in by_ref
            and ref not in found
            and (ref.namespace == last.ref.namespace or last.ref in by_ref[ref].delegates_from)
        ]
        if not onward:
            break
        found.append(rng.choice(onward))
    return found


def put_actors(claims: dict[str, Any], issuer: IssuerRecord, found: list[AgentRef], rng: Random) -> None:
    names = [agents.subject(ref) for ref in found]
    if issuer.claims.layout is Layout.ACTOR_SUBJECT:
        act = {"sub": claims["sub"]}
        put(act, issuer.claims.user, claims["sub"])
        put_issuer(act, issuer, rng)
        claims["act"], claims["sub"] = act, names[0]
    elif issuer.claims.layout is Layout.CLIENT_ID:
        claims["client_id"] = names[0]
    else:
        act = None
        for name in names:
            act = {"sub": name} | ({"act": act} if act else {})
            put_issuer(act, issuer, rng)
        claims["act"] = act


def put_issuer(act: dict[str, Any], issuer: IssuerRecord, rng: Random) -> None:
    if rng.random() < 0.15:
        act["iss"] = issuer.issuer
    elif issuer.may_assert and rng.random() < (0.3 if issuer.claims.layout is Layout.ACTOR_SUBJECT else 0.1):
        act["iss"] = issuers.url(rng.choice(issuer.may_assert))


def scope_claim(rng: Random) -> Any:
    words = agents.some(rng, agents.SCOPES, 3, 8) if rng.random() < 0.8 else agents.some(rng, agents.SCOPES, 0, 2)
    return list(words) if rng.random() < 0.3 else " ".join(words)


def claims_of(rng: Random, issuer: IssuerRecord, body: PolicyBody) -> dict[str, Any]:
    user = rng.choice(agents.USERS)
    claims: dict[str, Any] = {
        "iss": issuer.issuer,
        "sub": user,
        "aud": [body.audiences[0]] if rng.random() < 0.3 else body.audiences[-1],
        "iat": NOW - 10,
        "exp": NOW + 600,
        "jti": rng.choice(["t-1", "t-3", "t-4"]),
    }
    if rng.random() < 0.9:
        put(claims, issuer.claims.scopes, scope_claim(rng))
    put(claims, issuer.claims.user, user)
    put(claims, issuer.claims.client, issuers.FRONT_END if rng.random() < 0.8 else "svc")
    put(claims, issuer.claims.groups, list(agents.some(rng, agents.GROUPS, 0, 2)))
    put(claims, issuer.claims.tenant, rng.choice(agents.TENANTS))
    if rng.random() < 0.98:
        claims["token_use"] = rng.choice(["access", ["id", "both"]])
    if issuer.companion_audiences and rng.random() < 0.3:
        companions = [each for each in issuer.companion_audiences if each not in body.audiences]
        claims["aud"] = [body.audiences[0], *companions]
    return claims


def spell(pattern: str, rng: Random) -> str:
    """A name or path that a pattern covers, mostly."""
    if pattern.endswith("/**"):
        pattern = pattern[:-2] + rng.choice(["contacts", "contacts/7", "admin/x", "a/b/c"])
    return pattern.replace("*", rng.choice(["7", "a", "contacts", "caf%C3%A9"]))


def put_http(draft: Draft, match: HttpMatch, rng: Random) -> None:
    draft.method = "GET" if match.methods == ("*",) else rng.choice(match.methods)
    draft.path = spell(rng.choice(match.paths), rng)
    if draft.method in ("POST", "PATCH") and rng.random() < 0.3:
        draft.message = {"note": "hello"}


def message(method: str, match: McpMatch | None, rng: Random) -> dict[str, Any]:
    if method == "$response":
        return {"jsonrpc": "2.0", "id": 3, "result": {}}
    found: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
    if not method.startswith("notifications/"):
        found["id"] = rng.choice([7, "seven", 0])
    patterns = {"tools/call": match and match.tools, "prompts/get": match and match.prompts}
    if method in NAMING:
        names = patterns[method] or ("contacts.search",)
        found["params"] = {"name": spell(rng.choice(names), rng), "arguments": {"q": [1, {"a": 2.5}]}}
    elif method.startswith("resources/") and "list" not in method:
        found["params"] = {"uri": spell(rng.choice((match and match.resources) or ("file:///a",)), rng)}
    elif rng.random() < 0.5:
        found["params"] = {}
    return found


def put_mcp_headers(draft: Draft, rng: Random) -> None:
    version = rng.choice(VERSIONS)
    if version:
        draft.headers["mcp-protocol-version"] = version
    params = draft.message.get("params", {}) if draft.message else {}
    name = params.get("name", params.get("uri"))
    if version == "2026-07-28" and draft.message and "method" in draft.message:
        draft.headers["mcp-method"] = draft.message["method"]
        if name is not None and name.isascii():
            draft.headers["mcp-name"] = name


def put_mcp(draft: Draft, match: McpMatch | None, rng: Random) -> None:
    method = rng.choice(match.methods) if match else rng.choice(["ping", "tools/list", "initialize", "$stream"])
    method = rng.choice(["ping", "tools/list"]) if method == "*" else method
    if method in ("$stream", "$close"):
        draft.method = "GET" if method == "$stream" else "DELETE"
        if method == "$stream" or rng.random() < 0.6:
            draft.headers["mcp-session-id"] = "s-1"
    else:
        draft.method, draft.message = "POST", message(method, match, rng)
        draft.headers["content-type"] = rng.choice(["application/json", "application/json; charset=utf-8"])
    put_mcp_headers(draft, rng)


def put_target(draft: Draft, policy: PolicyRecord, rng: Random) -> None:
    target = rng.choice(policy.targets)
    if isinstance(target, HostTarget):
        draft.host = target.host.replace("*", rng.choice(["a", "x.y", "api"]))
        if target.path and not draft.path.startswith(target.path):
            draft.path = target.path + rng.choice(["", "", "/7"])
    else:
        draft.destination, draft.host = target.principal, rng.choice(["crm.example", "10.0.0.7", "crm"])
    if rng.random() < 0.06:
        draft.extensions = {"accredit.dev/policy": str(policy.ref)}
    if rng.random() < 0.1:
        draft.destination = draft.destination or policies.GATEWAY


def put_operation(draft: Draft, policy: PolicyRecord, rng: Random) -> None:
    body = policy.body
    assert body is not None
    allowing = [rule for rule in body.rules if rule.effect is Effect.ALLOW]
    rule = rng.choice(allowing) if allowing and rng.random() < 0.9 else rng.choice(body.rules)
    if body.protocol is Protocol.HTTP:
        assert rule.http is not None
        put_http(draft, rule.http, rng)
        return
    draft.path = "/mcp"
    put_mcp(draft, rule.mcp if rng.random() < 0.85 else None, rng)


def put_peer(draft: Draft, world: World, found: list[AgentRef], rng: Random) -> None:
    bound = {agent.ref: agent.workloads for agent in world.snapshot.agents}
    workloads = bound.get(found[-1]) if found else None
    principal = rng.choice(workloads) if workloads else rng.choice(["", "", agents.PEERS[0]])
    certificate = "thumb" if rng.random() < 0.2 else ""
    draft.peer = Peer(principal, "127.0.0.1", certificate)
    if certificate and rng.random() < 0.5:
        draft.claims["cnf"] = {"x5t#S256": certificate}


def draft(rng: Random, world: World) -> Draft:
    """A request to a policy that is sound, by one of its issuers."""
    sound = [policy for policy in world.snapshot.policies if policy.body is not None and policy.body.issuers]
    policy = rng.choice(sound)
    body = policy.body
    assert body is not None
    records = {record.name: record for record in world.snapshot.issuers}
    issuer = records[rng.choice([name for name in body.issuers if name != "off"] or list(body.issuers))]
    pair = issuers.signers(issuer.name)
    signer = pair.second if len(issuer.keys) == 2 and rng.random() < 0.4 else pair.first
    header = {"alg": signer.algorithm, "kid": signer.kid, "typ": rng.choice(issuer.token_types) or "at+jwt"}
    if issuer.keys[0].kid is None:
        header.pop("kid")
    made = Draft(issuer=issuer, signer=signer, claims=claims_of(rng, issuer, body), header=header)
    wants_agents = CallerKind.USER not in body.callers or (CallerKind.DELEGATED in body.callers and rng.random() < 0.7)
    longest = 1 if issuer.claims.layout is not Layout.ACT_CLAIM else rng.choice([1, 1, 2, 2, 3, 4])
    found = chain(rng, world, longest) if wants_agents or issuer.claims.layout is Layout.ACTOR_SUBJECT else []
    if found:
        put_actors(made.claims, issuer, found, rng)
    put_operation(made, policy, rng)
    put_target(made, policy, rng)
    put_peer(made, world, found, rng)
    return made
