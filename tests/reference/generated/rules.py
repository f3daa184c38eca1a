"""Rules of both protocols and effects."""

from random import Random

from accredit_extauthz.contract.snapshot import AgentSelector, Effect, HttpMatch, McpMatch, Protocol, Rule, UserSelector
from reference.generated.agents import GROUPS, SCOPES, TENANTS, USERS, some

PATHS = ("/v1/contacts", "/v1/contacts/*", "/v1/**", "/v1/*/notes", "/**", "/v1/admin/*", "/v1/caf%C3%A9", "/")
TOOLS = ("contacts.search", "contacts.get_*", "*", "contacts.get_a", "Contacts.search", "dél*")
URIS = ("file:///a", "file:///*", "*")
HTTP_METHODS = ("GET", "HEAD", "POST", "DELETE", "PATCH")
MCP_METHODS = (
    *("tools/call", "tools/call", "tools/call", "resources/read", "prompts/get", "tools/list", "ping", "initialize"),
    *("$stream", "$close", "$response", "completion/complete", "resources/subscribe", "notifications/initialized"),
)


def agent_selector(rng: Random) -> AgentSelector | None:
    if rng.random() < 0.6:
        return None
    names = rng.choice([None, some(rng, ("a", "b", "c", "ab", "d"), 1, 4)])
    labels = rng.choice([None, None, {"tier": "gold"}, {"tier": "gold", "team": "x"}, {"tier": ""}])
    return AgentSelector(
        names=names, namespaces=rng.choice([("research",), ("research", "ops"), ("ops",)]), match_labels=labels
    )


def user_selector(rng: Random) -> UserSelector | None:
    if rng.random() < 0.6:
        return None
    return one_user_selector(rng)


def one_user_selector(rng: Random) -> UserSelector:
    subjects, groups = rng.choice(
        [
            (some(rng, USERS, 1, 3), None),
            (None, some(rng, GROUPS, 1, 2)),
            (some(rng, USERS, 1, 2), GROUPS),
            (None, None),
        ]
    )
    must = subjects is None and groups is None
    tenants = rng.choice([TENANTS, ("acme",)]) if must or rng.random() < 0.3 else None
    return UserSelector(subjects=subjects, groups=groups, tenants=tenants)


def http_match(rng: Random, effect: Effect) -> HttpMatch:
    methods = ("*",) if effect is Effect.DENY and rng.random() < 0.3 else some(rng, HTTP_METHODS, 1, 4)
    narrow = ("/v1/contacts/7", "/v1/admin/*", "/v1/*/notes", "/v1/caf%C3%A9", "/mcp/**", "/mcp")
    return HttpMatch(methods=methods, paths=some(rng, narrow if effect is Effect.DENY else PATHS, 1, 3))


def mcp_match(rng: Random, effect: Effect) -> McpMatch:
    wild = effect is Effect.DENY and rng.random() < 0.2
    methods = ("*",) if wild else some(rng, sorted(set(MCP_METHODS)), 2, 8)
    if not wild and rng.random() < 0.7:
        methods = tuple(sorted({*methods, "tools/call"}))
    names = (lambda pool: some(rng, pool[:1] if effect is Effect.DENY else pool, 1, 3)) if rng.random() < 0.9 else None
    return McpMatch(
        methods=methods,
        tools=names(TOOLS) if names else None,
        resources=names(URIS) if names else None,
        prompts=names(TOOLS) if names else None,
    )


def rule(rng: Random, name: str, protocol: Protocol, effect: Effect) -> Rule:
    is_http = protocol is Protocol.HTTP
    return Rule(
        name=name,
        effect=effect,
        http=http_match(rng, effect) if is_http else None,
        mcp=None if is_http else mcp_match(rng, effect),
        scopes=some(rng, SCOPES[:4], 0, 2) if effect is Effect.ALLOW else (),
        agents=agent_selector(rng),
        users=user_selector(rng),
    )


def rules(rng: Random, protocol: Protocol, denies: float) -> tuple[Rule, ...]:
    count = rng.randint(1, 4)
    effects = [Effect.DENY if rng.random() < denies else Effect.ALLOW for _ in range(count)]
    return tuple(rule(rng, f"r{index}", protocol, effect) for index, effect in enumerate(effects))
