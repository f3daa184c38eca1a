"""Ways to spoil what a token says: its header, its claims, its times, its actors."""

from collections.abc import Callable
from random import Random
from typing import Any

from fakes.issuer import NOW
from reference.generated import agents, issuers
from reference.generated.benign import put
from reference.generated.draft import Draft

Change = Callable[[Draft, Random], None]

JUNK: tuple[Any, ...] = (
    None,
    "",
    0,
    -1,
    1,
    1.5,
    True,
    False,
    [],
    {},
    [None],
    ["a", 1],
    "a b",
    {"sub": "x"},
    2**33,
    2**70,
)
ODD_TEXT = (
    *("alice\u200b", "al\u202eice", "a\nb", "a\x00", "\ud800", "Alice", " alice", "alice ", "\ue000", "a\u2028b"),
    *("élodie", "e\u0301lodie", "agent:research/a", "agent:research/A", "agent:research/a*", "web-app", "svc"),
)


def odd_claim(draft: Draft, rng: Random) -> None:
    names = [*draft.claims, "nbf", "jti", "cnf", "act", "parent_jti", "root_jti", "_claim_names", "hasgroups", "nonce"]
    names += ["at_hash", "email", "events", "c_hash", "groups", "client_id", "azp", "org_id"]
    draft.claims[rng.choice(names)] = rng.choice(JUNK)


def missing_claim(draft: Draft, rng: Random) -> None:
    draft.claims.pop(rng.choice([*draft.claims, "sub"]), None)


def odd_user(draft: Draft, rng: Random) -> None:
    put(draft.claims, rng.choice([draft.issuer.claims.user, "sub"]), rng.choice(ODD_TEXT))


def odd_client(draft: Draft, rng: Random) -> None:
    put(draft.claims, draft.issuer.claims.client, rng.choice([*ODD_TEXT, draft.claims.get("sub")]))


def odd_scopes(draft: Draft, rng: Random) -> None:
    value = rng.choice(
        [
            *(
                "",
                " ",
                "crm:read  crm:write",
                "crm:read\tcrm:write",
                "crm:read\u00a0crm",
                'crm:"',
                "crm:\\",
                "é",
                "openid",
            ),
            *(
                [],
                [""],
                ["crm:read crm:write"],
                ["crm:read", 1],
                [["crm:read"]],
                None,
                5,
                {"crm:read": 1},
                "crm:*",
                "*",
            ),
            *("openid x.y", "openid crm:read", ["openid"], "jira/*", ["crm:read", "crm:read"], "crm:read crm:read"),
        ]
    )
    draft.claims.pop(draft.issuer.claims.scopes, None)
    if not draft.issuer.claims.scopes.startswith("/"):
        draft.claims[draft.issuer.claims.scopes] = value
    else:
        put(draft.claims, draft.issuer.claims.scopes, value)


def odd_groups(draft: Draft, rng: Random) -> None:
    name = draft.issuer.claims.groups or "groups"
    value = rng.choice(
        [["sales"], ["Sales"], "sales", ["sales", 1], [], {}, None, ["sales", "support"], [""], ["sales\u200b"]]
    )
    if rng.random() < 0.4:
        draft.claims["_claim_names"] = rng.choice(
            [{name: "src1"}, {"groups": "src1"}, {"other": "s"}, {}, [], None, name]
        )
    if rng.random() < 0.2:
        draft.claims["hasgroups"] = rng.choice([True, False, "true", None])
    draft.claims.pop(name, None)
    put(draft.claims, name, value)


def odd_tenant(draft: Draft, rng: Random) -> None:
    put(
        draft.claims,
        draft.issuer.claims.tenant,
        rng.choice(["acme", "Acme", "", 5, ["acme"], {}, "acme\u200b", "third"]),
    )


def odd_times(draft: Draft, rng: Random) -> None:
    skew, life = draft.issuer.clock_skew_s, draft.issuer.max_token_lifetime_s
    edges = [-1, 0, 1, skew - 1, skew, skew + 1, -skew - 1, -skew, -skew + 1]
    which = rng.choice(["iat", "exp", "nbf", "life", "now"])
    if which == "life":
        draft.claims["exp"] = NOW - 10 + life + rng.choice([-1, 0, 1])
    elif which == "now":
        draft.now = NOW + rng.choice([-3600, 600, 3600, 599, 601, 600 + skew, 599 + skew])
    else:
        draft.claims[which] = NOW + rng.choice([*edges, 3600, -3600])


def odd_audience(draft: Draft, rng: Random) -> None:
    one, other, third = "https://crm.example", "https://other.example", issuers.COMPANION
    draft.claims["aud"] = rng.choice(
        [[one, other], [one, third], [third], third, other, one + "/", one.upper(), [one, one], [], [one, 5], [one, ""]]
        + [[third, one], [one, third, third], [other], "", {}, [one, "https://x.example"]]
    )


def odd_issuer(draft: Draft, rng: Random) -> None:
    other = issuers.url(rng.choice(issuers.NAMES))
    draft.claims["iss"] = rng.choice([other, other + "/", "https://evil.example", "", 5, None, other.upper()])


def odd_header(draft: Draft, rng: Random) -> None:
    name = rng.choice(
        [*draft.header, "crit", "b64", "jku", "x5u", "jwk", "x5c", "zip", "enc", "cty", "x5t", "extra", "kid"]
    )
    draft.header[name] = rng.choice([*JUNK, "none", "HS256", "ES256", "RS256", "k1", "k2", "K1", "JWT", "AT+JWT"])


def odd_type(draft: Draft, rng: Random) -> None:
    values = ["JWT", "jwt", "AT+JWT", "application/at+jwt", "Application/AT+JWT", "application/application/at+jwt", ""]
    draft.header["typ"] = rng.choice([*values, "at+jwt ", "at+JWT;x", None, 5, "\u212at+jwt", "id+jwt"])
    if rng.random() < 0.3:
        draft.header.pop("typ")


def missing_header(draft: Draft, rng: Random) -> None:
    draft.header.pop(rng.choice(["alg", "kid", "kid", "typ"]), None)


def other_signer(draft: Draft, rng: Random) -> None:
    pair = issuers.signers(rng.choice([draft.issuer.name, draft.issuer.name, *issuers.NAMES]))
    draft.signer = rng.choice([pair.first, pair.second, pair.stranger])


def odd_confirmation(draft: Draft, rng: Random) -> None:
    same = draft.peer.certificate or "thumb"
    draft.claims["cnf"] = rng.choice(
        [
            {"x5t#S256": same},
            {"x5t#S256": "other"},
            {"jkt": "x"},
            {"x5t#S256": same, "jkt": "x"},
            {},
            None,
            "x",
            {"x5t#S256": 5},
        ]
        + [{"x5t#S256": ""}, {"kid": same}, [same]]
    )


def lineage(draft: Draft, rng: Random) -> None:
    draft.claims[rng.choice(["jti", "parent_jti", "root_jti"])] = rng.choice(["t-1", "t-2", "root-1", "T-1", "", 5])


def act_chain(claims: dict[str, Any]) -> list[dict[str, Any]]:
    """The `act` objects, current actor first."""
    found, holder = [], claims
    while isinstance(holder.get("act"), dict):
        holder = holder["act"]
        found.append(holder)
    return found


def odd_actor(draft: Draft, rng: Random) -> None:
    """Bend one `act` object, or make one."""
    acts = act_chain(draft.claims) or [draft.claims.setdefault("act", {"sub": "agent:research/a"})]
    act = rng.choice(acts)
    if not isinstance(act, dict):
        return
    which = rng.choice(["sub", "member", "iss", "drop", "deeper"])
    if which == "sub":
        act["sub"] = rng.choice([*ODD_TEXT, *JUNK, agents.subject(rng.choice(agents.REFS))])
    elif which == "member":
        act[rng.choice(["exp", "nbf", "aud", "scope", "client_id", "may_act", "iat", "jti", "Act", "act"])] = (
            rng.choice(JUNK)
        )
    elif which == "iss":
        act["iss"] = rng.choice([*map(issuers.url, issuers.NAMES), "https://evil.example", "", None, 5])
    elif which == "drop":
        act.pop("sub", None)
    else:
        for _ in range(rng.choice([1, 1, 2, 3, 8, 60, 130])):
            act["act"] = {"sub": rng.choice([agents.subject(ref) for ref in agents.REFS])}
            act = act["act"]


def shuffled_chain(draft: Draft, rng: Random) -> None:
    acts = act_chain(draft.claims)
    subjects = [act.get("sub") for act in acts]
    rng.shuffle(subjects)
    for act, subject in zip(acts, subjects, strict=True):
        act["sub"] = subject


def other_agents(draft: Draft, rng: Random) -> None:
    """A chain that nobody may have granted, repeated agents and all."""
    length, act = rng.choice([2, 2, 2, 3, 4]), None
    refs = rng.sample(agents.REFS[:4], length) if rng.random() < 0.7 else rng.choices(agents.REFS, k=length)
    for ref in refs:
        act = {"sub": agents.subject(ref)} | ({"act": act} if act else {})
    draft.claims["act"] = act


def no_actor(draft: Draft, rng: Random) -> None:
    draft.claims.pop("act", None)


CHANGES: tuple[Change, ...] = (
    *(odd_claim, odd_claim, missing_claim, odd_user, odd_client, odd_scopes, odd_scopes, odd_groups, odd_groups),
    *(odd_tenant, odd_times, odd_times, odd_audience, odd_issuer, odd_header, odd_type, missing_header, other_signer),
    *(odd_confirmation, lineage, odd_actor, odd_actor, odd_actor, shuffled_chain, other_agents, other_agents, no_actor),
)
