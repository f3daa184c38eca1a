"""Revocations, found by what they name and matched by every field that they set."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from accredit_extauthz.contract.names import AgentRef, IssuerName
from accredit_extauthz.contract.snapshot import RevocationRecord
from accredit_extauthz.model.delegation import Delegation, SignedClaims
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import refuse


@dataclass(frozen=True, slots=True)
class RevocationIndex:
    """All revocations, each under the most selective thing it names."""

    by_token: Mapping[str, Sequence[RevocationRecord]]
    by_user: Mapping[str, Sequence[RevocationRecord]]
    by_agent: Mapping[AgentRef, Sequence[RevocationRecord]]
    unnamed: Sequence[RevocationRecord]  # invalid ones, whose fields could not be read: they match all in their reach


class Presented(msgspec.Struct, frozen=True, gc=False):
    """What revocations are matched against: one token, at one target, at one moment."""

    claims: SignedClaims
    issuer_name: IssuerName
    clock_skew_s: int
    delegation: Delegation
    user_issuer_name: IssuerName | None  # None: the user is of an issuer that this snapshot does not know
    agents: frozenset[AgentRef]  # of the chain, those that are known
    governing_namespace: str
    now: int


def index_revocations(records: Iterable[RevocationRecord]) -> RevocationIndex:
    """Return the records, sorted into the index."""
    by_token: dict[str, list[RevocationRecord]] = defaultdict(list)
    by_user: dict[str, list[RevocationRecord]] = defaultdict(list)
    by_agent: dict[AgentRef, list[RevocationRecord]] = defaultdict(list)
    unnamed: list[RevocationRecord] = []
    for record in records:
        if record.token_id is not None:
            by_token[record.token_id].append(record)
        elif record.user is not None:
            by_user[record.user].append(record)
        elif record.agent is not None:
            by_agent[record.agent].append(record)
        else:
            unnamed.append(record)
    return RevocationIndex(dict(by_token), dict(by_user), dict(by_agent), tuple(unnamed))


def check_token_and_user(index: RevocationIndex, presented: Presented) -> None:
    """Refuse a revoked token or user. Raises token_revoked, user_revoked."""
    for token_id in presented.claims.lineage:
        for record in index.by_token.get(token_id, ()):
            if _matches(record, presented):
                refuse(Reason.TOKEN_REVOKED, f"Revocation {_ref(record)} names this token or its origin")
    for record in (*index.by_user.get(presented.delegation.user.subject, ()), *index.unnamed):
        if record.agent is None and _matches(record, presented):
            refuse(Reason.USER_REVOKED, f"Revocation {_ref(record)} names this user")


def check_agent(index: RevocationIndex, agent: AgentRef, presented: Presented) -> None:
    """Refuse a revoked agent, or user and agent together. Raises agent_revoked."""
    of_user = index.by_user.get(presented.delegation.user.subject, ())
    for record in (*index.by_agent.get(agent, ()), *of_user):
        if record.agent == agent and _matches(record, presented):
            refuse(Reason.AGENT_REVOKED, f"Revocation {_ref(record)} names agent {agent}")


def covers_issue_time(issued_at: int, before: int, clock_skew_s: int) -> bool:
    """Whether `before` cuts a token of `issued_at`: the issuer's clock may run ahead of ours by the skew."""
    return issued_at <= before + clock_skew_s


def _matches(record: RevocationRecord, presented: Presented) -> bool:
    if record.expires_at is not None and presented.now >= record.expires_at:
        return False
    if not _reaches(record, presented) or not _names(record, presented):
        return False
    issued_at, skew = presented.claims.issued_at, presented.clock_skew_s
    return record.before is None or covers_issue_time(issued_at, record.before, skew)


def _names(record: RevocationRecord, presented: Presented) -> bool:
    """Whether user, agent and issuer are those the record sets; a token's id was matched by the index."""
    if record.user is not None and record.user != presented.delegation.user.subject:
        return False
    if record.agent is not None and record.agent not in presented.agents:
        return False
    # A user belongs to the issuer that knows it, a token to the one that signed it: with `act.iss` these can differ.
    about = presented.user_issuer_name if record.token_id is None and record.user is not None else presented.issuer_name
    return record.issuer is None or record.issuer == about


def _ref(record: RevocationRecord) -> str:
    return f"{record.namespace}/{record.name}"


def _reaches(record: RevocationRecord, presented: Presented) -> bool:
    """Whether the record's namespace has a say: everywhere, where it governs, or where its agent takes part."""
    if record.everywhere or record.namespace == presented.governing_namespace:
        return True
    return any(agent.namespace == record.namespace for agent in presented.agents)
