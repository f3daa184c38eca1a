"""Ways to change a request that is at hand: its token, its headers, its body, its shape, the bytes on the wire."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

from adversary.chain_world import principal
from adversary.hidden import HIDDEN, LOOK_ALIKES
from adversary.http_tricks import METHODS, OVERRIDES, hosts, paths
from adversary.messages import VERSIONS
from adversary.random_bodies import body, spoilt
from adversary.tokens import FORGE
from fakes.issuer import b64url

Request = dict[str, Any]
Change = Callable[[Request, Random, list[Request]], None]

_PATHS = (*paths("/v1/contacts", "secret"), "/v1/contacts", "/v1/contacts/7", "/mcp", "/", "/healthz")
_HOSTS = (*hosts("crm.example", "other.example"), "crm.example", "CRM.example.", "crm.example:443")
_METHODS = (*METHODS, "GET", "POST", "HEAD", "OPTIONS")
_PEERS = ("", *map(principal, ("planner", "worker", "checker", "nobody")), "spiffe://evil.example/x", "x")
_NAMES = (
    *("content-type", "content-encoding", "content-length", "mcp-method", "mcp-name", "mcp-session-id", "upgrade"),
    *(
        "mcp-protocol-version",
        "x-user-uid",
        "X_User_Uid",
        "x-agent-chain",
        "x-envoy-auth-partial-body",
        "authorization",
    ),
    *("Authorization", "transfer-encoding", "x-forwarded-host", "forwarded", "accredit.dev/policy", "traceparent", "x"),
)
_TEXTS = (
    *("", "true", "1", "application/json", "gzip", "tools/call", "contacts.search", "websocket", "99", "a,b", "\u00e9"),
    *(version or "2099-01-01" for version in VERSIONS),
)
_VALUES: tuple[Any, ...] = (
    *(None, "", 0, -1, 1.5, True, [], {}, [None], "x", "*", "a b", 2**33, "agent:planner", "alice", "tool:crm:read"),
    *({"sub": "agent:planner"}, {"sub": "agent:worker", "act": {"sub": "agent:planner"}}, ["sales"], "sales"),
    *LOOK_ALIKES.values(),
    *(f"alice{character}" for character in HIDDEN.values()),
)
_CLAIMS = (
    *("iss", "sub", "aud", "exp", "iat", "nbf", "jti", "scope", "act", "cnf", "client_id", "azp", "groups", "org_id"),
    *("root_jti", "parent_jti", "token_use", "nonce", "may_act", "email", "_claim_names", "oid"),
)
_LETTERS = "AZaz09-_.=+/ %\0\u00e9"


def _bearer(request: Request) -> str:
    return str(request["headers"].get("authorization", ""))


def _other(request: Request, rng: Random, pool: list[Request]) -> None:
    """Another request's token."""
    taken = rng.choice(pool).get("headers", {}).get("authorization")
    if taken is not None:
        request["headers"]["authorization"] = taken


def _bent_text(request: Request, rng: Random, pool: list[Request]) -> None:
    """Some letters of the Authorization header changed."""
    text = _bearer(request)
    for _ in range(rng.choice([1, 1, 2, 5])):
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(_LETTERS) + text[at + rng.choice([0, 1, 1, 4]) :]
    request["headers"]["authorization"] = text


def _spliced(request: Request, rng: Random, pool: list[Request]) -> None:
    """One part of the token taken from another request's."""
    parts, others = _bearer(request).split("."), _bearer({"headers": rng.choice(pool).get("headers", {})}).split(".")
    if len(parts) == len(others) == 3:
        index = rng.randrange(3)
        parts[index] = others[index]
        request["headers"]["authorization"] = ".".join(parts)


def _forged(request: Request, rng: Random, pool: list[Request]) -> None:
    """A token signed with the issuer's own key, some claims of which are odd."""
    claims = {rng.choice(_CLAIMS): rng.choice((*_VALUES, ...)) for _ in range(rng.choice([1, 1, 2, 3]))}
    header = {rng.choice(["alg", "kid", "typ", "crit", "x"]): rng.choice(_VALUES)} if rng.random() < 0.15 else {}
    request["headers"]["authorization"] = f"Bearer {FORGE.token(header, **claims)}"


def _forged_bytes(request: Request, rng: Random, pool: list[Request]) -> None:
    """A signed token whose header and payload are spoilt as text."""
    header, payload = json.dumps(FORGE.header()).encode(), json.dumps(FORGE.claims()).encode()
    request["headers"]["authorization"] = f"Bearer {FORGE.seal(b64url(header), b64url(spoilt(payload, rng)))}"


def _header(request: Request, rng: Random, pool: list[Request]) -> None:
    request["headers"][rng.choice(_NAMES)] = rng.choice(_TEXTS)


def _without(request: Request, rng: Random, pool: list[Request]) -> None:
    if request["headers"]:
        del request["headers"][rng.choice(list(request["headers"]))]


def _override(request: Request, rng: Random, pool: list[Request]) -> None:
    name, value = rng.choice(OVERRIDES)
    request["headers"][name] = value


def _body(request: Request, rng: Random, pool: list[Request]) -> None:
    request["body"] = spoilt(request.get("body", b"")[:8192], rng) if rng.random() < 0.5 else body(rng)
    request["method"] = "POST"


def _shape(request: Request, rng: Random, pool: list[Request]) -> None:
    name, values = rng.choice(
        [("path", _PATHS), ("path", _PATHS), ("host", _HOSTS), ("method", _METHODS), ("principal", _PEERS)]
    )
    request[name] = rng.choice(values)


def _target(request: Request, rng: Random, pool: list[Request]) -> None:
    request["destination"] = rng.choice(_PEERS)
    if rng.random() < 0.5:
        request["extensions"] = {"accredit.dev/policy": rng.choice(["tools/crm", "tools/x", "", "x", "tools/crm/"])}


_CHANGES: tuple[Change, ...] = (
    *(_other, _bent_text, _spliced, _forged, _forged, _forged, _forged_bytes, _header, _header, _without, _override),
    *(_body, _body, _shape, _shape, _target),
)


def mutated(request: Request, rng: Random, pool: list[Request]) -> Request:
    """The request changed in one to three places."""
    made = request | {"headers": dict(request.get("headers", {}))}
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        rng.choice(_CHANGES)(made, rng, pool)
    return {name: _sendable(value) for name, value in made.items()}


def _sendable(value: Any) -> Any:
    """Without half surrogates, which protobuf does not hold."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, dict):
        return {_sendable(name): _sendable(text) for name, text in value.items()}
    return value


def on_the_wire(data: bytes, rng: Random) -> bytes:
    """A CheckRequest with some of its bytes changed."""
    changed = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 8])):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed[: rng.randrange(len(changed))] if rng.random() < 0.1 else changed)
