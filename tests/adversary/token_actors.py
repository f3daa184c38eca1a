"""Actors, users and callers that a token may not state (RFC 8693 §4.1; the three layouts)."""

from typing import Any

from accredit_extauthz.contract.names import IssuerName
from accredit_extauthz.contract.snapshot import ActsFor, CallerKind, ClaimNames, Identity, Layout
from accredit_extauthz.model.reason import Reason
from adversary.hidden import HIDDEN, LOOK_ALIKES
from adversary.token_case import TokenCase, from_claims
from fakes.issuer import FakeIssuer
from fakes.scene import CORP, agent, body, issuer_record, policy, view

_OTHER = FakeIssuer("https://other.example")
_CLIENT = Identity(issuer=CORP, subject="assistant")

SUBJECT = view(issuers=(issuer_record(claims=ClaimNames(layout=Layout.ACTOR_SUBJECT, groups="groups")),))
BY_OID = view(issuers=(issuer_record(claims=ClaimNames(layout=Layout.ACTOR_SUBJECT, user="oid")),))
CLIENT = view(
    issuers=(issuer_record(claims=ClaimNames(layout=Layout.CLIENT_ID, client="client_id"), user_clients=("web-app",)),),
    agents=(agent(identities=(_CLIENT,)),),
)
PEOPLE = view(
    issuers=(issuer_record(user_clients=("web-app",)),),
    policies=(policy(body=body(callers=(CallerKind.USER,))),),
)
ENTRA = view(
    issuers=(issuer_record(claims=ClaimNames(layout=Layout.ACT_CLAIM, user="oid", client="azp")),),
)
ASSERTING = view(
    issuers=(issuer_record(may_assert=(IssuerName("other"),)), issuer_record(_OTHER, name=IssuerName("other"))),
)
WORKLOAD = view(agents=(agent(workloads=("spiffe://cluster.local/ns/research/sa/planner",)),))
TENANTS = view(agents=(agent(acts_for=ActsFor(any_user=True, tenants=("acme",))),))

_NO_ACT: tuple[Any, ...] = (None, "", "agent:planner", 0, 1, 1.5, True, False, [], {}, [{"sub": "agent:planner"}])
_NO_SUB: tuple[Any, ...] = (None, "", 0, 1, True, [], {}, ["agent:planner"], {"sub": "agent:planner"}, "x" * 257)
_NO_ISS: tuple[Any, ...] = (
    *(None, "", 0, True, [], {}, ["https://idp.example"], "https://idp.example/", "https://IDP.example", "corp"),
    *("https://evil.example", "https://other.example", "*", "x" * 257, "https://idp.example\0"),
)
_MISPLACED = {"exp": 2**32, "nbf": 0, "aud": "https://crm.example", "scope": "tool:crm:*"}


def _nested(depth: int, subject: str = "agent:planner") -> dict[str, Any]:
    act: dict[str, Any] = {"sub": subject}
    for _ in range(depth - 1):
        act = {"sub": subject, "act": act}
    return act


def _in(values: tuple[Any, ...], member: str) -> dict[str, dict[str, Any]]:
    return {
        f"act.{member} is {str(value)[:40]!r}, {type(value).__name__}": {"act": {"sub": "agent:planner", member: value}}
        for value in values
    }


def _inside(values: tuple[Any, ...], member: str) -> dict[str, dict[str, Any]]:
    """The same one level down."""
    return {
        f"inner {name}": {"act": {"sub": "agent:planner", "act": row["act"]}}
        for name, row in _in(values, member).items()
    }


def _seen_in(seen: Any, clause: str, rows: dict[str, tuple[Reason, dict[str, Any]]]) -> list[TokenCase]:
    return [
        TokenCase(clause, name, reason, lambda forge, claims=claims: forge.token(**claims), seen)
        for name, (reason, claims) in rows.items()
    ]


CASES: list[TokenCase] = [
    *from_claims(
        "act is an object",
        Reason.ACTOR_MALFORMED,
        {f"act is {value!r}": {"act": value} for value in _NO_ACT}
        | {"no sub": {"act": {"act": {"sub": "agent:planner"}}}},
    ),
    *from_claims("act has a sub", Reason.ACTOR_MALFORMED, _in(_NO_SUB, "sub") | _inside(_NO_SUB, "sub")),
    *from_claims("act has an issuer of ours", Reason.ACTOR_MALFORMED, _in(_NO_ISS, "iss") | _inside(_NO_ISS, "iss")),
    *from_claims("act nests in objects", Reason.ACTOR_MALFORMED, _in(_NO_ACT, "act") | _inside(_NO_ACT, "act")),
    *from_claims(
        "act is no token",
        Reason.ACTOR_MALFORMED,
        {
            name: row
            for member, value in _MISPLACED.items()
            for name, row in (_in((value, None), member) | _inside((value, None), member)).items()
        },
    ),
    *from_claims(
        "act has visible text",
        Reason.ACTOR_MALFORMED,
        {f"{name} in act.sub": {"act": {"sub": f"agent:{it}planner"}} for name, it in HIDDEN.items()},
    ),
    *from_claims(
        "a subject byte for byte",
        Reason.AGENT_UNKNOWN,
        {name: {"act": {"sub": subject}} for name, subject in LOOK_ALIKES.items()},
    ),
    *from_claims("depth", Reason.CHAIN_TOO_LONG, {f"{depth} actors": {"act": _nested(depth)} for depth in (5, 9, 40)}),
    *from_claims("depth", Reason.TOKEN_MALFORMED, {f"{depth} actors": {"act": _nested(depth)} for depth in (64, 300)}),
    *from_claims(
        "a user is a person",
        Reason.USER_INVALID,
        {
            "the agent itself": {"sub": "agent:planner"},
            "another agent's subject, no actor": {"sub": "agent:planner", "act": ...},
            "a member of its chain": {"sub": "agent:x", "act": {"sub": "agent:planner", "act": {"sub": "agent:x"}}},
            "its own client": {"client_id": "alice"},
        }
        | {f"its own client, in {name}": {"client_id": ..., name: "alice"} for name in ("azp", "appid", "cid")},
    ),
    *_seen_in(
        ENTRA,
        "a user is a person",
        {
            "an agent in sub, a person elsewhere": (Reason.USER_INVALID, {"sub": "agent:planner", "oid": "alice"}),
            "a client in sub, a person elsewhere": (Reason.USER_INVALID, {"sub": "c", "azp": "c", "oid": "alice"}),
            "no user where users stand": (Reason.TOKEN_CLAIMS, {}),
            "a list of users": (Reason.TOKEN_CLAIMS, {"oid": ["alice"]}),
        },
    ),
    *from_claims(
        "a call without agents",
        Reason.ACTOR_MISSING,
        {"no act": {"act": ...}}
        | {
            f"{name} in its place": {"act": ..., name: {"sub": "agent:planner"}}
            for name in ("may_act", "Act", "ACT", "actor", "acts")
        },
    ),
    *_seen_in(
        PEOPLE,
        "kinds of callers",
        {
            "an agent where people are served": (Reason.CALLER_NOT_ALLOWED, {}),
            "a person by a client that is no front end": (Reason.CALLER_NOT_ALLOWED, {"act": ...}),
            "a person by no client at all": (Reason.CALLER_NOT_ALLOWED, {"act": ..., "client_id": ...}),
            "a person by another case of a front end": (
                Reason.CALLER_NOT_ALLOWED,
                {"act": ..., "client_id": "Web-App"},
            ),
            "a person by a list of clients": (Reason.CALLER_NOT_ALLOWED, {"act": ..., "client_id": ["web-app"]}),
        },
    ),
    *_seen_in(
        SUBJECT,
        "layout ActorSubject",
        {
            "an agent's own token": (Reason.USER_INVALID, {"sub": "agent:planner", "act": ...}),
            "two levels": (Reason.ACTOR_MALFORMED, {"sub": "agent:planner", "act": {"sub": "a", "act": {"sub": "b"}}}),
            "a null below": (Reason.ACTOR_MALFORMED, {"sub": "agent:planner", "act": {"sub": "alice", "act": None}}),
            "a user that is the agent": (
                Reason.USER_INVALID,
                {"sub": "agent:planner", "act": {"sub": "agent:planner"}},
            ),
            "the layout turned round": (Reason.USER_INVALID, {"sub": "alice", "act": {"sub": "agent:planner"}}),
            "a user without text": (Reason.ACTOR_MALFORMED, {"sub": "agent:planner", "act": {"sub": 7}}),
            "an agent nobody knows": (Reason.AGENT_UNKNOWN, {"sub": "agent:ghost", "act": {"sub": "alice"}}),
        },
    ),
    *_seen_in(
        BY_OID,
        "layout ActorSubject",
        {
            "the user's claim on top": (
                Reason.ACTOR_MALFORMED,
                {"sub": "agent:planner", "oid": "a", "act": {"sub": "a"}},
            ),
            "an act without its sub": (Reason.ACTOR_MALFORMED, {"sub": "agent:planner", "act": {"oid": "alice"}}),
        },
    ),
    *_seen_in(
        CLIENT,
        "layout ClientId",
        {
            "an act": (Reason.ACTOR_MALFORMED, {"client_id": "assistant"}),
            "an act that is null": (Reason.ACTOR_MALFORMED, {"client_id": "assistant", "act": None}),
            "no client": (Reason.TOKEN_CLAIMS, {"client_id": ..., "act": ...}),
            "a client of no text": (Reason.TOKEN_CLAIMS, {"client_id": ["assistant"], "act": ...}),
            "a front end": (Reason.ACTOR_MISSING, {"client_id": "web-app", "act": ...}),
            "a client nobody knows": (Reason.AGENT_UNKNOWN, {"client_id": "ghost", "act": ...}),
            "another case of the client": (Reason.AGENT_UNKNOWN, {"client_id": "Assistant", "act": ...}),
            "a machine's own token": (Reason.USER_INVALID, {"client_id": "assistant", "sub": "assistant", "act": ...}),
        },
    ),
    *_seen_in(
        ASSERTING,
        "act.iss",
        {
            "an agent of ours by the other issuer's name": (
                Reason.AGENT_UNKNOWN,
                {"act": {"sub": "agent:planner", "iss": "https://other.example"}},
            ),
            "the other issuer, with a slash": (
                Reason.ACTOR_MALFORMED,
                {"act": {"sub": "agent:planner", "iss": "https://other.example/"}},
            ),
        },
    ),
    *_seen_in(WORKLOAD, "workloads", {"no certificate": (Reason.WORKLOAD_MISSING, {})}),
    *_seen_in(
        TENANTS,
        "tenants",
        {
            f"tenant {tenant!r}": (Reason.TENANT_MISMATCH, {"org_id": tenant})
            for tenant in (..., None, "", "Acme", "acme ", "acme\u200b", ["acme"], {"acme": 1}, True, "acme,other")
        },
    ),
]
