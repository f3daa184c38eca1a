"""Ways to spoil a request around its token and message: its shape, its target, its peer, its age."""

from collections.abc import Callable
from random import Random

from accredit_extauthz.model.call import Peer
from reference.generated import agents, policies
from reference.generated.draft import Draft

Change = Callable[[Draft, Random], None]


def odd_method(draft: Draft, rng: Random) -> None:
    draft.method = rng.choice(
        ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "Get", "", "G T", "PRI"]
    )


def odd_host(draft: Draft, rng: Random) -> None:
    draft.host = rng.choice(
        [
            *policies.HOSTS,
            "example",
            "a.example",
            "CRM.example",
            "crm.example.",
            "crm.example:8080",
            "crm.example,evil.example",
        ]
        + [
            "",
            "10.0.0.7",
            "[::1]",
            "crm",
            "xcrm.example",
            ".example",
            "a..example",
            "crm.tools.svc",
            "crm.tools",
            "b.api.deep.example",
        ]
        + [
            "crm_example",
            "-crm.example",
            "crm.éxample",
            "crm.example/",
            "a@crm.example",
            "crm%2eexample",
            " crm.example",
        ]
    )


def odd_path(draft: Draft, rng: Random) -> None:
    draft.path = rng.choice(
        [
            *(
                "/",
                "",
                "*",
                "v1/contacts",
                "/v1/contacts/",
                "/v1//contacts",
                "/v1/./contacts",
                "/v1/../admin",
                "/v1/..",
            ),
            *(
                "/v1/contacts;a=b",
                "/;/admin",
                "/v1/%2e%2e/x",
                "/v1/%252e",
                "/v1/%c0%ae",
                "/v1/%0d%0a",
                "/v1/%00",
                "/v1%2fadmin",
            ),
            *(
                "/v1\\admin",
                "/v1/caf%C3%A9",
                "/v1/caf%c3%a9",
                "/v1/café",
                "/v1/%41",
                "/v1/%7E",
                "/v1/a%20b",
                "/v1/a b",
                "/v1/%",
            ),
            *(
                "/v1/%2",
                "/v1/%zz",
                "/v1/contacts?x=1",
                "/v1/contacts#x",
                "/V1/contacts",
                "/v1/admin",
                "/v1/adminx",
                "/mcp/x",
            ),
            *(
                "/v1/contacts/*",
                "/v1/**",
                "/...",
                "/v1/.hidden",
                "/v1/a,b",
                "/v1/a+b",
                "/v1/a:b",
                "/v1/a@b",
                "/v1/(a)",
                "/v1/{a}",
            ),
            *(
                "/v1/%E2%80%8B",
                "/v1/%EE%80%80",
                "/v1/%ED%A0%80",
                "/healthz",
                "/.well-known/x",
                "/mcp",
                "/v1/contacts/7",
                "/v1/a=b",
            ),
            *(
                "/v1/%25",
                "/v1/%3B",
                "/v1/%C3",
                "/v1/caf%C3%A9/x",
                "/v1/contacts/7/notes",
                "/v1/a&b",
                "/v1/a'b",
                '/v1/a"b',
                "/v1/a|b",
            ),
            *(
                "/v1/%20",
                "/v1/ ",
                "/v1/%C2%A0",
                "/v1/%F0%9F%98%80",
                "/v1/a!b$c",
                "/v1/\x7f",
                "/v1/a\tb",
                "/v1/a^b",
                "/v1/%2A",
            ),
        ]
    )


def last_slash(draft: Draft, rng: Random) -> None:
    draft.path = draft.path.rstrip("/") if draft.path.endswith("/") else draft.path + "/"


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
        [
            "",
            policies.DESTINATION,
            policies.GATEWAY,
            "spiffe://cluster.local/ns/x/sa/y",
            "spiffe://far.example/ns/tools/sa/crm",
        ]
        + ["crm", policies.DESTINATION.upper(), "spiffe://cluster.localx/ns/tools/sa/crm", "spiffe://cluster.local"]
    )


def odd_extensions(draft: Draft, rng: Random) -> None:
    names = ["main", "mcp", "wide", "deep", "nested", "api", "sidecar", "late", "gone", "twin", "mcp-host"]
    pin = f"{rng.choice(['tools', 'tools', 'tools', 'research'])}/{rng.choice(names)}"
    draft.extensions = rng.choice(
        [{"accredit.dev/policy": pin}] * 6
        + [{"accredit.dev/other": "x"}, {"accredit.dev/policy": ""}, {"accredit.dev/policy": "main"}, {"other": "x"}]
        + [
            {"accredit.dev/policy": pin, "accredit.dev/x": ""},
            {"accredit.dev/policy": pin + "/"},
            {"accredit.dev/": "x"},
        ]
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


CHANGES: tuple[Change, ...] = (
    *(odd_method, odd_host, odd_path, odd_path, last_slash, public, odd_target, odd_extensions, odd_extensions),
    *(odd_peer, odd_size, big_body, odd_age, upgrade),
)
