"""Who asks, through whom (api.md §1, Layouts and callers; §2, act; RFC 8693 §4.1)."""

from dataclasses import dataclass
from typing import Any

from accredit_extauthz.contract.snapshot import CallerKind, IssuerRecord, Layout, PolicyBody, Snapshot
from accredit_extauthz.model.reason import Reason
from reference.text import ABSENT, claim, is_scope, is_subject
from reference.token import Token
from reference.verdict import Denied, Notes

Name = tuple[str, str]  # the issuer's `iss`, the subject

CLIENTS = ("client_id", "azp", "appid", "cid")  # a machine's token says so in any of them
NOT_IN_ACT = {"exp", "nbf", "aud", "scope"}


@dataclass(frozen=True)
class Asked:
    user: Name
    agents: tuple[Name, ...]  # root first
    client: str | None
    scopes: frozenset[str]
    groups: frozenset[str] | None
    tenant: str | None


def issuer_in_act(act: dict[str, Any], own: IssuerRecord, snapshot: Snapshot) -> str:
    said = act.get("iss", own.issuer)
    """`iss` of the token, or of a usable issuer that the token's issuer may assert."""
    others = {each.issuer for each in snapshot.issuers if each.usable and each.name in own.may_assert}
    allowed = {own.issuer} | others
    if not isinstance(said, str) or said not in allowed:
        raise Denied(Reason.ACTOR_MALFORMED)
    return said


def check_act(act: Any) -> None:
    if not isinstance(act, dict) or not is_subject(act.get("sub")) or NOT_IN_ACT & act.keys():
        raise Denied(Reason.ACTOR_MALFORMED)


def walk(token: Token, snapshot: Snapshot) -> tuple[Name, ...]:
    """ActClaim: the outermost `act` is the current actor; turn the walk round."""
    agents: list[Name] = []
    holder = token.claims
    while "act" in holder:
        act = holder["act"]
        check_act(act)
        agents.append((issuer_in_act(act, token.issuer, snapshot), act["sub"]))
        holder = act
    return tuple(reversed(agents))


def subject_claim(token: Token, name: str | None) -> str:
    value = claim(token.claims, name)
    if not is_subject(value):
        raise Denied(Reason.TOKEN_CLAIMS)
    return str(value)


def user_in_claims(token: Token) -> Name:
    return token.issuer.issuer, subject_claim(token, token.issuer.claims.user)


def act_claim(token: Token, snapshot: Snapshot) -> tuple[Name, tuple[Name, ...]]:
    return user_in_claims(token), walk(token, snapshot)


def client_id(token: Token, snapshot: Snapshot) -> tuple[Name, tuple[Name, ...]]:
    del snapshot
    user = user_in_claims(token)
    if "act" in token.claims:
        raise Denied(Reason.ACTOR_MALFORMED)
    client = subject_claim(token, token.issuer.claims.client)
    return user, () if client in token.issuer.user_clients else ((str(token.issuer.issuer), client),)


def actor_subject(token: Token, snapshot: Snapshot) -> tuple[Name, tuple[Name, ...]]:
    if "act" not in token.claims:
        raise Denied(Reason.USER_INVALID)
    act = token.claims["act"]
    check_act(act)
    if "act" in act:
        raise Denied(Reason.ACTOR_MALFORMED)
    user = claim(act, token.issuer.claims.user)
    if not is_subject(user):
        raise Denied(Reason.ACTOR_MALFORMED)
    return (issuer_in_act(act, token.issuer, snapshot), user), ((token.issuer.issuer, token.claims["sub"]),)


LAYOUTS = {Layout.ACT_CLAIM: act_claim, Layout.CLIENT_ID: client_id, Layout.ACTOR_SUBJECT: actor_subject}


def scopes_of(value: Any) -> frozenset[str]:
    """A space-delimited string, or an array of strings. Absent or empty: none."""
    if value is ABSENT or value == "":
        return frozenset()
    words = value.split(" ") if isinstance(value, str) else value
    if not isinstance(words, list) or not all(is_scope(word) for word in words):
        raise Denied(Reason.TOKEN_CLAIMS)
    return frozenset(words)


def client_of(token: Token) -> str | None:
    """The client, where the claim is text; else the token says none."""
    value = claim(token.claims, token.issuer.claims.client)
    return value if isinstance(value, str) and value else None


def groups_of(token: Token) -> frozenset[str] | None:
    """An array of strings; None when absent, malformed or overflowed."""
    value = claim(token.claims, token.issuer.claims.groups)
    if {"_claim_names", "hasgroups"} & token.claims.keys():
        return None
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return None
    return frozenset(value)


def tenant_of(token: Token) -> str | None:
    value = claim(token.claims, token.issuer.claims.tenant)
    return value if is_subject(value) else None


def other_name(token: Token, user: Name) -> Name:
    """`sub` of the user, whichever claim identifies users: an agent may stand in either."""
    holder = token.claims["act"] if token.issuer.claims.layout is Layout.ACTOR_SUBJECT else token.claims
    return user[0], holder["sub"]


def read(token: Token, snapshot: Snapshot) -> Asked:
    user, agents = LAYOUTS[token.issuer.claims.layout](token, snapshot)
    urls = {issuer.name: issuer.issuer for issuer in snapshot.issuers}
    known_agents = {
        (urls.get(identity.issuer), identity.subject) for agent in snapshot.agents for identity in agent.identities
    }
    names = {user, other_name(token, user)}
    said = [claim(token.claims, token.issuer.claims.client), *(token.claims.get(name) for name in CLIENTS)]
    clients = {each for each in said if isinstance(each, str)}
    if names & set(agents) or {subject for _, subject in names} & clients:
        raise Denied(Reason.USER_INVALID)
    scopes = scopes_of(claim(token.claims, token.issuer.claims.scopes))
    if names & known_agents:
        raise Denied(Reason.USER_INVALID)
    return Asked(user, agents, client_of(token), scopes, groups_of(token), tenant_of(token))


def check_caller(asked: Asked, token: Token, body: PolicyBody, notes: Notes) -> None:
    if asked.agents:
        if CallerKind.DELEGATED not in body.callers:
            notes.refuse(Reason.CALLER_NOT_ALLOWED)
    elif CallerKind.USER not in body.callers:
        notes.refuse(Reason.ACTOR_MISSING)
    elif asked.client not in token.issuer.user_clients:
        notes.refuse(Reason.CALLER_NOT_ALLOWED)
