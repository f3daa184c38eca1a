"""Who asks, through whom (api.md §1, Layouts and callers; §2, act; RFC 8693 §4.1)."""

from dataclasses import dataclass
from typing import Any

from accredit_extauthz.contract.snapshot import CallerKind, IssuerRecord, Layout, PolicyBody, Snapshot
from accredit_extauthz.model.reason import Reason
from reference.text import claim, is_subject
from reference.token import Token
from reference.verdict import Denied, Notes

Name = tuple[str, str]  # the issuer's `iss`, the subject

NOT_IN_ACT = {"exp", "nbf", "aud", "scope"}


@dataclass(frozen=True)
class Asked:
    user: Name
    agents: tuple[Name, ...]  # root first
    groups: frozenset[str] | None
    tenant: str | None


def issuer_in_act(act: dict[str, Any], own: IssuerRecord, snapshot: Snapshot) -> str:
    """The token's own issuer, or one that it may assert."""
    said = act.get("iss", own.issuer)
    allowed = {own.issuer} | {each.issuer for each in snapshot.issuers if each.name in own.may_assert}
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


def user_in_claims(token: Token) -> Name:
    value = claim(token.claims, token.issuer.claims.user)
    if not is_subject(value):
        raise Denied(Reason.TOKEN_CLAIMS)
    return token.issuer.issuer, value


def act_claim(token: Token, snapshot: Snapshot) -> tuple[Name, tuple[Name, ...]]:
    return user_in_claims(token), walk(token, snapshot)


def client_id(token: Token, snapshot: Snapshot) -> tuple[Name, tuple[Name, ...]]:
    del snapshot
    if "act" in token.claims:
        raise Denied(Reason.ACTOR_MALFORMED)
    assert token.client is not None
    agents = () if token.client in token.issuer.user_clients else ((str(token.issuer.issuer), token.client),)
    return user_in_claims(token), agents


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


def is_overflowed(token: Token, name: str) -> bool:
    names = token.claims.get("_claim_names")
    return ("_claim_names" in token.claims and (not isinstance(names, dict) or name in names)) or (
        "hasgroups" in token.claims
    )


def groups_of(token: Token) -> frozenset[str] | None:
    name = token.issuer.claims.groups
    value = claim(token.claims, name)
    if name is None or is_overflowed(token, name):
        return None
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return None
    return frozenset(value)


def tenant_of(token: Token) -> str | None:
    value = claim(token.claims, token.issuer.claims.tenant)
    return value if isinstance(value, str) and value else None


def read(token: Token, snapshot: Snapshot) -> Asked:
    user, agents = LAYOUTS[token.issuer.claims.layout](token, snapshot)
    urls = {issuer.name: issuer.issuer for issuer in snapshot.issuers}
    known_agents = {
        (urls.get(identity.issuer), identity.subject) for agent in snapshot.agents for identity in agent.identities
    }
    if user in known_agents or user in agents or user[1] == token.client:
        raise Denied(Reason.USER_INVALID)
    return Asked(user=user, agents=agents, groups=groups_of(token), tenant=tenant_of(token))


def check_caller(asked: Asked, token: Token, body: PolicyBody, notes: Notes) -> None:
    if asked.agents:
        if CallerKind.DELEGATED not in body.callers:
            notes.refuse(Reason.CALLER_NOT_ALLOWED)
    elif CallerKind.USER not in body.callers:
        notes.refuse(Reason.ACTOR_MISSING)
    elif token.client not in token.issuer.user_clients:
        notes.refuse(Reason.CALLER_NOT_ALLOWED)
