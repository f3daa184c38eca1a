"""Ways to spoil all of a request but its token: the shape, the target, the peer, the MCP message and its headers."""

import base64
from collections.abc import Callable
from random import Random

from accredit_extauthz.model.call import Peer
from reference.generated import agents, policies
from reference.generated.bent_tokens import JUNK
from reference.generated.draft import Draft

Change = Callable[[Draft, Random], None]


def odd_method(draft: Draft, rng: Random) -> None:
    draft.method = rng.choice(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "Get", "", "G T", "PRI"])


def odd_host(draft: Draft, rng: Random) -> None:
    draft.host = rng.choice(
        [*policies.HOSTS, "example", "a.example", "CRM.example", "crm.example.", "crm.example:8080", "crm.example,evil.example"]
        + ["", "10.0.0.7", "[::1]", "crm", "xcrm.example", ".example", "a..example", "crm.tools.svc", "crm.tools", "b.api.deep.example"]
        + ["crm_example", "-crm.example", "crm.éxample", "crm.example/", "a@crm.example", "crm%2eexample", " crm.example"]
    )


def odd_path(draft: Draft, rng: Random) -> None:
    draft.path = rng.choice(
        [
            *("/", "", "*", "v1/contacts", "/v1/contacts/", "/v1//contacts", "/v1/./contacts", "/v1/../admin", "/v1/.."),
            *("/v1/contacts;a=b", "/;/admin", "/v1/%2e%2e/x", "/v1/%252e", "/v1/%c0%ae", "/v1/%0d%0a", "/v1/%00", "/v1%2fadmin"),
            *("/v1\\admin", "/v1/caf%C3%A9", "/v1/caf%c3%a9", "/v1/café", "/v1/%41", "/v1/%7E", "/v1/a%20b", "/v1/a b", "/v1/%"),
            *("/v1/%2", "/v1/%zz", "/v1/contacts?x=1", "/v1/contacts#x", "/V1/contacts", "/v1/admin", "/v1/adminx", "/mcp/x"),
            *("/v1/contacts/*", "/v1/**", "/...", "/v1/.hidden", "/v1/a,b", "/v1/a+b", "/v1/a:b", "/v1/a@b", "/v1/(a)", "/v1/{a}"),
            *("/v1/%E2%80%8B", "/v1/%EE%80%80", "/v1/%ED%A0%80", "/healthz", "/.well-known/x", "/mcp", "/v1/contacts/7", "/v1/a=b"),
            *("/v1/%25", "/v1/%3B", "/v1/%C3", "/v1/caf%C3%A9/x", "/v1/contacts/7/notes", "/v1/a&b", "/v1/a'b", '/v1/a"b', "/v1/a|b"),
            *("/v1/%20", "/v1/ ", "/v1/%C2%A0", "/v1/%F0%9F%98%80", "/v1/a!b$c", "/v1/\x7f", "/v1/a\tb", "/v1/a^b", "/v1/%2A"),
        ]
    )


def public(draft: Draft, rng: Random) -> None:
    draft.path, draft.method = rng.choice(policies.PUBLIC), rng.choice(["GET", "HEAD", "HEAD", "GET", "POST"])
    draft.message = rng.choice([None, None, None, b"x"])
    draft.declared_size = rng.choice([None, None, 0, 5])
    if rng.random() < 0.5:
        draft.on_authorization.append(lambda _: None)
    if rng.random() < 0.1:
        draft.headers["transfer-encoding"] = "chunked"


def odd_target(draft: Draft, rng: Random) -> None:
    draft.destination = rng.choice(
        ["", policies.DESTINATION, policies.GATEWAY, "spiffe://cluster.local/ns/x/sa/y", "spiffe://far.example/ns/tools/sa/crm"]
        + ["crm", policies.DESTINATION.upper(), "spiffe://cluster.localx/ns/tools/sa/crm", "spiffe://cluster.local"]
    )


def odd_extensions(draft: Draft, rng: Random) -> None:
    names = ["main", "mcp", "wide", "deep", "nested", "api", "sidecar", "late", "gone", "twin", "mcp-host"]
    pin = f"{rng.choice(['tools', 'tools', 'tools', 'research'])}/{rng.choice(names)}"
    draft.extensions = rng.choice(
        [{"accredit.dev/policy": pin}] * 6
        + [{"accredit.dev/other": "x"}, {"accredit.dev/policy": ""}, {"accredit.dev/policy": "main"}, {"other": "x"}]
        + [{"accredit.dev/policy": pin, "accredit.dev/x": ""}, {"accredit.dev/policy": pin + "/"}, {"accredit.dev/": "x"}]
        + [{"Accredit.dev/policy": pin}, {"accredit.dev/policy": " " + pin}]
    )


def odd_peer(draft: Draft, rng: Random) -> None:
    principal = rng.choice(["", *agents.PEERS, "spiffe://cluster.local/ns/x/sa/y", agents.PEERS[0] + "/", "a"])
    draft.peer = Peer(principal, "127.0.0.1", rng.choice(["", "thumb", "other"]))


def odd_size(draft: Draft, rng: Random) -> None:
    if rng.random() < 0.3:
        draft.headers["x-envoy-auth-partial-body"] = rng.choice(["true", "false", "", "TRUE", "1"])
    else:
        draft.declared_size = rng.choice([-1, 0, 1, 5, 3000, 10**9])


def big_body(draft: Draft, rng: Random) -> None:
    pad = rng.choice([2047, 2048, 2049, 5000])
    draft.on_body.append(lambda data: data + b" " * (pad - len(data)))


def odd_age(draft: Draft, rng: Random) -> None:
    draft.view_age_s = rng.choice([29, 30, 31, 10**6])


def upgrade(draft: Draft, rng: Random) -> None:
    draft.headers[rng.choice(["upgrade", "connection"])] = rng.choice(["websocket", "h2c", "", "Upgrade", "keep-alive"])


def odd_header(draft: Draft, rng: Random) -> None:
    draft.headers[rng.choice(["content-type", "content-encoding", "mcp-session-id", "accept", "transfer-encoding"])] = rng.choice(
        ["application/json", "text/plain", "gzip", "identity", "", "application/json;charset=utf-8", "application/json; charset=utf-16"]
        + ["APPLICATION/JSON", "application/json, text/plain", "application/json-rpc", "multipart/form-data", "application/json;"]
        + ['application/json; charset="UTF-8"', "application/json ; charset=utf-8", "application/json; x=y", "chunked", " "]
    )


def odd_version(draft: Draft, rng: Random) -> None:
    draft.headers["mcp-protocol-version"] = rng.choice(
        ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28", "2026-07-28", "2027-01-01", "", "1", "2025-06-18,2026-07-28"]
    )


def sentinel(text: str) -> str:
    return "=?base64?" + base64.b64encode(text.encode("utf-8", "surrogatepass")).decode() + "?="


def odd_mcp_header(draft: Draft, rng: Random) -> None:
    params = draft.message.get("params") if isinstance(draft.message, dict) else None
    name = str(params.get("name", params.get("uri", "x"))) if isinstance(params, dict) else "x"
    value = rng.choice(
        [name, name.upper(), name + " ", "", sentinel(name), sentinel("other"), "=?base64?!!?=", "=?base64??=", name + "," + name]
        + ["tools/call", "tools/list", sentinel("tools/call"), "=?BASE64?" + sentinel(name)[9:], sentinel(name)[:-2]]
    )
    draft.headers[rng.choice(["mcp-name", "mcp-name", "mcp-method"])] = value
    if rng.random() < 0.3:
        draft.headers.pop(rng.choice(["mcp-name", "mcp-method"]), None)


def odd_message(draft: Draft, rng: Random) -> None:
    """Bend a member of the message or of its params."""
    if not isinstance(draft.message, dict):
        draft.message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "contacts.search"}}
        return
    params = draft.message.get("params")
    holder = params if isinstance(params, dict) and rng.random() < 0.5 else draft.message
    names = ["jsonrpc", "id", "method", "params", "result", "error", "Method", "ID", "PARAMS", "extra", "re\u017fult"]
    inner = ["name", "uri", "Name", "arguments", "Arguments", "_meta", "task", "URI", "extra", "cursor"]
    name = rng.choice(inner if holder is params else names)
    if rng.random() < 0.25:
        holder.pop(name, None)
    else:
        holder[name] = rng.choice([*JUNK, "tools/call", "tools/list", "$stream", "$response", "*", "contacts.search", {"a": 1}])


def odd_name(draft: Draft, rng: Random) -> None:
    names = ["contacts.search", "Contacts.search", "contacts.get_", "contacts.get_a", "contacts.search ", "c\u043entacts.search", "*"]
    names += ["contacts.*", "", "a\nb", "dél", "contacts.search\u200b", "file:///a", "x" * 300]
    method = rng.choice(["tools/call", "prompts/get", "resources/read", "resources/subscribe", "completion/complete"])
    member = "uri" if method.startswith("resources") else "name"
    draft.message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {member: rng.choice(names)}}
    if method == "completion/complete" and rng.random() < 0.7:
        draft.message["params"] = {"ref": {"type": "ref/prompt", "name": rng.choice(names)}, "argument": {"name": "a", "value": "b"}}


def odd_mcp_method(draft: Draft, rng: Random) -> None:
    methods = ["ping", "Ping", "tools/list", "tools/list ", "logging/setLevel", "server/discover", "roots/list", "sampling/createMessage"]
    methods += ["notifications/progress", "notifications/x", "tasks/get", "tasks/cancel", "subscriptions/listen", "elicitation/create", "", "*"]
    methods += ["resources/templates/list", "resources/unsubscribe", "$close", "initialize"]
    draft.message = {"jsonrpc": "2.0", "id": 1, "method": rng.choice(methods)}


def response(draft: Draft, rng: Random) -> None:
    answer = rng.choice([{"result": {}}, {"error": {"code": 1, "message": "x"}}, {"result": None}, {"result": {}, "error": {}}])
    draft.method, draft.message = "POST", {"jsonrpc": "2.0", "id": rng.choice([1, "a", None, 1.5, True]), **answer}


def odd_body(draft: Draft, rng: Random) -> None:
    draft.on_body.append(
        rng.choice(
            [
                lambda data: b"[" + data + b"]",
                lambda data: b"[]",
                lambda data: b"",
                lambda data: b"null",
                lambda data: b'"x"',
                lambda data: b"\xef\xbb\xbf" + data,
                lambda data: data + b"\n",
                lambda data: b" " + data,
                lambda data: data + data,
                lambda data: data + b"\x00",
                lambda data: data[:-1],
                lambda data: data.decode().encode("utf-16"),
                lambda data: data.replace(b'"method"', b'"method": "ping", "method"', 1),
                lambda data: data.replace(b'"name"', b'"name": "x", "name"', 1),
                lambda data: data.replace(b'"method"', b'"\\u006dethod"', 1),
                lambda data: data.replace(b'"jsonrpc"', b'"x": NaN, "jsonrpc"', 1),
                lambda data: data.replace(b'"jsonrpc"', b'"x": 1e999, "jsonrpc"', 1),
                lambda data: data.replace(b'"jsonrpc"', b'"x": "\\ud800", "jsonrpc"', 1),
                lambda data: data.replace(b'"jsonrpc"', b'"x": ' + b"9" * 400 + b', "jsonrpc"', 1),
                lambda data: data.replace(b'"jsonrpc"', b'"x": "\xff", "jsonrpc"', 1),
                lambda data: data.replace(b'"jsonrpc"', b'"x": ' + b"[" * 40 + b"]" * 40 + b', "jsonrpc"', 1),
                lambda data: data.replace(b'"jsonrpc"', b'"x": ' + b"[" * 400 + b"]" * 400 + b', "jsonrpc"', 1),
                lambda data: data.replace(b'"id": 7', b'"id": ' + rng.choice([b"1e3", b"-0", b"1.0", b"99999999999999999999"]), 1),
            ]
        )
    )


ON_ALL: tuple[Change, ...] = (
    *(odd_method, odd_host, odd_path, odd_path, public, odd_target, odd_extensions, odd_extensions, odd_peer, odd_size, big_body),
    *(odd_age, upgrade, odd_header),
)
ON_MCP: tuple[Change, ...] = (
    *(odd_version, odd_mcp_header, odd_mcp_header, odd_message, odd_message, odd_message, odd_name, odd_mcp_method),
    *(response, odd_body, odd_body, odd_header),
)

