"""Who asks, through whom: three claim layouts read into one Delegation (RFC 8693 §4.1)."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import assert_never

from accredit_extauthz.contract.names import Issuer
from accredit_extauthz.contract.scope_pattern import is_scope
from accredit_extauthz.contract.snapshot import CallerKind, ClaimNames, IssuerRecord, Layout
from accredit_extauthz.decide.claim_names import ABSENT, find_claim, find_text, find_texts
from accredit_extauthz.decide.claims import MAX_TEXT, is_text
from accredit_extauthz.model.delegation import Delegation, SignedClaims, Subject
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import refuse

# Members that would make an actor look like a token of its own; RFC 8693 §4.1 gives them no meaning there.
_MISPLACED = ("exp", "nbf", "aud", "scope")
# Where issuers say which client a token was issued to, whatever the layout reads as the actor.
_CLIENT_CLAIMS = ("client_id", "azp", "appid", "cid")
_VERIFIED = (True, "true")  # some issuers write the boolean as text; anything else vouches for nothing
_OVERFLOWED = ("_claim_names", "hasgroups")  # Entra: the groups did not fit, and stand elsewhere


def read_delegation(signed: SignedClaims, issuer: IssuerRecord, may_assert: AbstractSet[Issuer]) -> Delegation:
    """Return who asks through whom. Raises token_claims, actor_malformed, user_invalid.

    `may_assert` holds the other issuers whose subjects this one may name inside `act`.
    """
    claims, names = signed.claims, issuer.claims
    user, agents = _read_parties(signed, issuer, may_assert)
    client = find_text(claims, names.client)
    users = users_named(user, signed, issuer)
    clients = {client, *(claims.get(name) for name in _CLIENT_CLAIMS if isinstance(claims.get(name), str))}
    if not clients.isdisjoint(named.subject for named in users):
        refuse(Reason.USER_INVALID, "the token's user is its own client: a machine's token, not a person's")
    if not users.isdisjoint(agents):
        refuse(Reason.USER_INVALID, "the token's user is an actor of its own chain")
    return Delegation(
        user=user,
        agents=agents,
        client=client,
        scopes=_scopes(find_claim(claims, names.scopes)),
        groups=_groups(claims, names),
        tenant=_visible(find_text(claims, names.tenant)),
        email=_visible(find_text(claims, names.email)) if claims.get("email_verified", True) in _VERIFIED else None,
    )


def users_named(user: Subject, signed: SignedClaims, issuer: IssuerRecord) -> frozenset[Subject]:
    """Return the user by all its names: `sub` too, whichever claim identifies users.

    An agent's or a client's own token says so in `sub` (RFC 9068 §2.2), even if another claim looks like a person.
    Where the token's `sub` is the agent, the user's is the one inside `act`.
    """
    if issuer.claims.layout is Layout.ACTOR_SUBJECT:
        return frozenset({user, Subject(user.issuer, _actor_text(_actor(signed.claims.get("act")), "sub"))})
    return frozenset({user, Subject(issuer.issuer, _claim_text(signed.claims, "sub"))})


def check_caller(delegation: Delegation, issuer: IssuerRecord, callers: tuple[CallerKind, ...]) -> None:
    """Refuse a kind of caller that the policy does not serve. Raises caller_not_allowed."""
    if delegation.caller is CallerKind.DELEGATED:
        if CallerKind.DELEGATED not in callers:
            refuse(Reason.CALLER_NOT_ALLOWED, "callers of this policy lacks Delegated; call with the user's own token")
    elif CallerKind.USER in callers and delegation.client not in issuer.user_clients:
        refuse(Reason.CALLER_NOT_ALLOWED, "the token was issued to a client that is none of the issuer's userClients")


def check_actor(delegation: Delegation, callers: tuple[CallerKind, ...]) -> None:
    """Refuse a user's own token where only agents may call. Raises actor_missing."""
    if not delegation.agents and CallerKind.USER not in callers:
        refuse(Reason.ACTOR_MISSING, "the token names no acting agent; exchange it for a delegation token (RFC 8693)")


def _read_parties(
    signed: SignedClaims, issuer: IssuerRecord, may_assert: AbstractSet[Issuer]
) -> tuple[Subject, tuple[Subject, ...]]:
    match issuer.claims.layout:
        case Layout.ACT_CLAIM:
            return _user(signed.claims, issuer), _read_act(signed.claims.get("act", ABSENT), issuer, may_assert)
        case Layout.ACTOR_SUBJECT:
            return _read_actor_subject(signed.claims, issuer, may_assert)
        case Layout.CLIENT_ID:
            return _user(signed.claims, issuer), _read_client(signed.claims, issuer)
        case never:
            assert_never(never)


def _read_act(act: object, issuer: IssuerRecord, may_assert: AbstractSet[Issuer]) -> tuple[Subject, ...]:
    """Walk `act` inwards: the outermost is the current actor, each nested one acted before it."""
    actors: list[Subject] = []
    while act is not ABSENT:
        actor = _actor(act)
        actors.append(Subject(_asserted_issuer(actor, issuer, may_assert), _actor_text(actor, "sub")))
        act = actor.get("act", ABSENT)
    return tuple(reversed(actors))


def _read_actor_subject(
    claims: Mapping[str, object], issuer: IssuerRecord, may_assert: AbstractSet[Issuer]
) -> tuple[Subject, tuple[Subject, ...]]:
    """`sub` is the agent; `act` is its user, exactly one level."""
    act = claims.get("act", ABSENT)
    if act is ABSENT:
        refuse(Reason.USER_INVALID, "the token is an agent's own: it has no `act` that names a user")
    user = _actor(act)
    if "act" in user:
        refuse(Reason.ACTOR_MALFORMED, "`act` is nested; the layout ActorSubject has exactly one level")
    _actor_text(user, "sub")  # an `act` has it, whichever member identifies users
    subject = find_claim(user, issuer.claims.user)
    if not is_text(subject):
        refuse(Reason.ACTOR_MALFORMED, f"`act` has no usable `{issuer.claims.user}` that names the user")
    assert isinstance(subject, str)
    agent = Subject(issuer.issuer, _claim_text(claims, "sub"))
    return Subject(_asserted_issuer(user, issuer, may_assert), subject), (agent,)


def _read_client(claims: Mapping[str, object], issuer: IssuerRecord) -> tuple[Subject, ...]:
    """Take the client for the actor, unless it is a person's own front end."""
    if "act" in claims:
        refuse(Reason.ACTOR_MALFORMED, "the token has `act`; the layout ClientId has none")
    client = _claim_text(claims, issuer.claims.client or "client_id")
    return () if client in issuer.user_clients else (Subject(issuer.issuer, client),)


def _user(claims: Mapping[str, object], issuer: IssuerRecord) -> Subject:
    return Subject(issuer.issuer, _claim_text(claims, issuer.claims.user))


def _claim_text(claims: Mapping[str, object], name: str) -> str:
    value = find_claim(claims, name)
    if not is_text(value):
        refuse(Reason.TOKEN_CLAIMS, f"claim `{name}` is not visible text of 1 to {MAX_TEXT} characters")
    assert isinstance(value, str)
    return value


def _actor(act: object) -> Mapping[str, object]:
    if not isinstance(act, dict):
        refuse(Reason.ACTOR_MALFORMED, "`act` is not an object")
    if misplaced := [name for name in _MISPLACED if name in act]:
        refuse(Reason.ACTOR_MALFORMED, f"`act` holds `{misplaced[0]}`, which has no meaning there (RFC 8693 §4.1)")
    return act


def _actor_text(actor: Mapping[str, object], name: str) -> str:
    value = actor.get(name)
    if not is_text(value):
        refuse(Reason.ACTOR_MALFORMED, f"`act.{name}` is not visible text of 1 to {MAX_TEXT} characters")
    assert isinstance(value, str)
    return value


def _asserted_issuer(actor: Mapping[str, object], issuer: IssuerRecord, may_assert: AbstractSet[Issuer]) -> Issuer:
    if "iss" not in actor:
        return issuer.issuer
    named = Issuer(_actor_text(actor, "iss"))
    if named != issuer.issuer and named not in may_assert:
        refuse(
            Reason.ACTOR_MALFORMED, "`act.iss` is an issuer that mayAssertIssuers of the token's issuer does not list"
        )
    return named


def _scopes(value: object) -> frozenset[str]:
    if value is ABSENT:
        return frozenset()
    # Not str.split(): it also splits on NBSP and U+2028, so "a\u00a0admin" would yield `admin` (RFC 6749 §3.3).
    members = value.split(" ") if isinstance(value, str) else value
    if value == "":
        return frozenset()
    if not isinstance(members, list) or not all(isinstance(member, str) and is_scope(member) for member in members):
        refuse(Reason.TOKEN_CLAIMS, "the scopes claim is neither a space-delimited string nor an array of scopes")
    return frozenset(members)


def _groups(claims: Mapping[str, object], names: ClaimNames) -> frozenset[str] | None:
    if any(name in claims for name in _OVERFLOWED):
        return None
    return find_texts(claims, names.groups)


def _visible(value: str | None) -> str | None:
    return value if is_text(value) else None
