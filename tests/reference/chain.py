"""Whether every agent of a chain may stand where it stands (api.md §1, AgentIdentity and Revocation; §4, the order)."""

from dataclasses import dataclass
from itertools import pairwise

from accredit_extauthz.contract.snapshot import ActsFor, AgentRecord, PolicyBody, RevocationRecord, Snapshot
from accredit_extauthz.model.call import Call
from accredit_extauthz.model.reason import Reason
from reference.delegation import Asked
from reference.target import Met
from reference.token import Token
from reference.verdict import Denied, Notes


@dataclass(frozen=True)
class Presented:
    """What revocations are compared with."""

    token: Token
    asked: Asked
    agents: list[AgentRecord | None]  # root first; None for a subject that no agent claims
    met: Met
    urls: dict[str, str]  # issuer name -> `iss`


def agents_of(asked: Asked, snapshot: Snapshot) -> list[AgentRecord | None]:
    urls = {issuer.name: issuer.issuer for issuer in snapshot.issuers}
    claimed: dict[tuple[str, str], AgentRecord] = {}
    for agent in snapshot.agents:
        for identity in agent.identities:
            if identity.issuer in urls:
                claimed[urls[identity.issuer], identity.subject] = agent
    return [claimed.get(name) for name in asked.agents]


def reaches(revocation: RevocationRecord, shown: Presented) -> bool:
    if revocation.everywhere or revocation.namespace in shown.met.namespaces:
        return True
    return any(agent is not None and agent.ref.namespace == revocation.namespace for agent in shown.agents)


def names(revocation: RevocationRecord, shown: Presented) -> bool:
    """Whether every name that is set matches; the issuer is the user's, or the token's where no user alone is meant."""
    token = shown.token
    if revocation.token_id is not None and revocation.token_id not in token.lineage:
        return False
    if revocation.user is not None and revocation.user != shown.asked.user[1]:
        return False
    if revocation.agent is not None and revocation.agent not in [a.ref for a in shown.agents if a is not None]:
        return False
    is_of_user = revocation.user is not None and revocation.token_id is None
    meant = shown.asked.user[0] if is_of_user else token.issuer.issuer
    return revocation.issuer is None or shown.urls.get(revocation.issuer) == meant


def applies(revocation: RevocationRecord, shown: Presented, now: int) -> bool:
    """In reach, naming what is presented, for tokens of its time, until it ends."""
    if revocation.expires_at is not None and now >= revocation.expires_at:
        return False
    issued_at, skew = shown.token.claims["iat"], shown.token.issuer.clock_skew_s
    if revocation.before is not None and issued_at > revocation.before + skew:
        return False
    return reaches(revocation, shown) and names(revocation, shown)


def check_token_and_user(shown: Presented, snapshot: Snapshot, now: int) -> None:
    applying = [revocation for revocation in snapshot.revocations if applies(revocation, shown, now)]
    if any(revocation.token_id is not None for revocation in applying):
        raise Denied(Reason.TOKEN_REVOKED)
    if any(revocation.agent is None for revocation in applying):
        raise Denied(Reason.USER_REVOKED)


def check_hop(agent: AgentRecord | None, shown: Presented, snapshot: Snapshot, now: int) -> None:
    issued_at, skew = shown.token.claims["iat"], shown.token.issuer.clock_skew_s
    if agent is None:
        raise Denied(Reason.AGENT_UNKNOWN)
    if not agent.valid:
        raise Denied(Reason.AGENT_INVALID)
    if agent.suspended:
        raise Denied(Reason.AGENT_SUSPENDED)
    if agent.expires_at is not None and now >= agent.expires_at:
        raise Denied(Reason.AGENT_EXPIRED)
    if agent.revoked_before is not None and issued_at <= agent.revoked_before + skew:
        raise Denied(Reason.AGENT_REVOKED)
    if agent.created_at is not None and issued_at <= agent.created_at:
        raise Denied(Reason.AGENT_REVOKED)
    if any(each.agent == agent.ref and applies(each, shown, now) for each in snapshot.revocations):
        raise Denied(Reason.AGENT_REVOKED)


def check_workload(current: AgentRecord, call: Call, body: PolicyBody) -> None:
    if current.workloads is None:
        if body.require_workload:
            raise Denied(Reason.WORKLOAD_MISSING)
    elif not call.peer.principal:
        raise Denied(Reason.WORKLOAD_MISSING)
    elif call.peer.principal not in current.workloads:
        raise Denied(Reason.WORKLOAD_MISMATCH)


def check_edges(agents: list[AgentRecord], notes: Notes) -> None:
    for granter, grantee in pairwise(agents):
        is_foreign = granter.ref.namespace != grantee.ref.namespace
        is_taken = not is_foreign or granter.ref in grantee.delegates_from
        if grantee.ref not in granter.delegates_to or not is_taken:
            notes.refuse(Reason.EDGE_NOT_GRANTED)


def check_acts_for(acts_for: ActsFor | None, asked: Asked, notes: Notes) -> None:
    """(Everyone, or users or groups of the issuer that named the first agent) and of tenants."""
    if acts_for is None:
        notes.refuse(Reason.ACTS_FOR_NOT_GRANTED)
        return
    is_named = asked.user[1] in acts_for.users or bool((asked.groups or frozenset()) & set(acts_for.groups))
    is_of_its_issuer = asked.user[0] == asked.agents[0][0]
    if not (acts_for.any_user or (is_of_its_issuer and is_named)):
        notes.refuse(Reason.ACTS_FOR_NOT_GRANTED)
    elif acts_for.tenants is not None and asked.tenant not in acts_for.tenants:
        notes.refuse(Reason.TENANT_MISMATCH)


def check_chain(agents: list[AgentRecord]) -> None:
    if agents and len(agents) > agents[-1].max_chain_length:
        raise Denied(Reason.CHAIN_TOO_LONG)
    if len({agent.ref for agent in agents}) != len(agents):
        raise Denied(Reason.CHAIN_CYCLE)
