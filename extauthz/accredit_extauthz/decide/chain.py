"""The chain of a delegation: every hop known and live, in an order its agents granted, bound to its workload."""

from collections.abc import Mapping
from itertools import pairwise

import msgspec

from accredit_extauthz.contract.names import AgentRef, IssuerName
from accredit_extauthz.contract.shown import shown
from accredit_extauthz.contract.snapshot import ActsFor, AgentRecord
from accredit_extauthz.decide.revocations import Presented, RevocationIndex, check_agent, covers_issue_time
from accredit_extauthz.model.delegation import Delegation, Hop, Subject
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import Verdict, refuse, verdict


class ProvedChain(msgspec.Struct, frozen=True, gc=False):
    """A delegation and its chain, with the verdicts that depend on token and view alone; None where one lets pass.

    Whether the hops are live, and bound to the workload that calls, is asked on every request.
    """

    delegation: Delegation
    user_issuer_name: IssuerName | None  # None: the user is of an issuer that this snapshot does not know
    hops: tuple[Hop, ...]  # those known
    agents: frozenset[AgentRef]  # of the hops
    shape: Verdict | None
    edges: Verdict | None
    acts_for: Verdict | None


def prove_chain(
    delegation: Delegation, agents: Mapping[Subject, AgentRecord], user_issuer_name: IssuerName | None
) -> ProvedChain:
    """Return the chain of a delegation, judged as far as it can be without the request."""
    hops = find_hops(delegation, agents)
    return ProvedChain(
        delegation=delegation,
        user_issuer_name=user_issuer_name,
        hops=hops,
        agents=frozenset(hop.agent.ref for hop in hops),
        shape=verdict(check_shape, hops),
        edges=verdict(check_edges, hops),
        acts_for=verdict(check_acts_for, hops, delegation),
    )


def find_hops(delegation: Delegation, agents: Mapping[Subject, AgentRecord]) -> tuple[Hop, ...]:
    """Return the chain's known agents, root first; unknown ones are left out, and `check_live` refuses them."""
    return tuple(Hop(subject, agents[subject]) for subject in delegation.agents if subject in agents)


def check_live(
    delegation: Delegation, agents: Mapping[Subject, AgentRecord], revocations: RevocationIndex, presented: Presented
) -> None:
    """Refuse a chain with an agent that is unknown or cut, root first.

    Raises agent_unknown, agent_invalid, agent_suspended, agent_expired, agent_revoked.
    """
    for subject in delegation.agents:
        agent = agents.get(subject)
        if agent is None:
            refuse(Reason.AGENT_UNKNOWN, f"no AgentIdentity claims {shown(subject.subject)} of {shown(subject.issuer)}")
        _check_switches(agent, presented)
        check_agent(revocations, agent.ref, presented)


def check_shape(hops: tuple[Hop, ...]) -> None:
    """Refuse a chain that is too long for its current actor or meets an agent twice. Raises chain_{too_long,cycle}."""
    if not hops:
        return
    current = hops[-1].agent
    if len(hops) > current.max_chain_length:
        refuse(
            Reason.CHAIN_TOO_LONG, f"{len(hops)} hops; maxChainLength of {current.ref} is {current.max_chain_length}"
        )
    if len({hop.agent.ref for hop in hops}) != len(hops):
        refuse(Reason.CHAIN_CYCLE, "an agent appears twice in the chain")


def check_workload(hops: tuple[Hop, ...], principal: str, *, required: bool) -> None:
    """Refuse a current actor that does not speak from one of its workloads. Raises workload_{missing,mismatch}."""
    if not hops:
        return
    current = hops[-1].agent
    if current.workloads is None:
        if required:
            refuse(Reason.WORKLOAD_MISSING, f"{current.ref} declares no workloads, and this policy requires them")
    elif not principal:
        refuse(
            Reason.WORKLOAD_MISSING, f"{current.ref} is bound to workloads, and the call has no verified certificate"
        )
    elif principal not in current.workloads:
        refuse(Reason.WORKLOAD_MISMATCH, f"the verified peer {shown(principal)} is no workload of {current.ref}")


def check_edges(hops: tuple[Hop, ...]) -> None:
    """Refuse a hop that its predecessor did not grant. Raises edge_not_granted."""
    for granter, grantee in pairwise(hop.agent for hop in hops):
        if grantee.ref not in granter.delegates_to:
            refuse(Reason.EDGE_NOT_GRANTED, f"{granter.ref} does not list {grantee.ref} in spec.delegatesTo")
        if granter.ref.namespace != grantee.ref.namespace and granter.ref not in grantee.delegates_from:
            refuse(Reason.EDGE_NOT_GRANTED, f"{grantee.ref} does not list {granter.ref} in spec.delegatesFrom")


def check_acts_for(hops: tuple[Hop, ...], delegation: Delegation) -> None:
    """Refuse a first hop that may not act for this user. Raises acts_for_not_granted, tenant_mismatch."""
    if not hops:
        return
    first = hops[0]
    acts_for = first.agent.acts_for
    if acts_for is None or not _includes(acts_for, first.subject, delegation):
        refuse(Reason.ACTS_FOR_NOT_GRANTED, f"spec.actsFor of {first.agent.ref} does not include this user")
    if acts_for.tenants is not None and delegation.tenant not in acts_for.tenants:
        refuse(Reason.TENANT_MISMATCH, f"spec.actsFor of {first.agent.ref} does not include the user's tenant")


def _includes(acts_for: ActsFor, named: Subject, delegation: Delegation) -> bool:
    """Whether the user is meant. Users and groups are those of the issuer that named the agent."""
    if acts_for.any_user:
        return True
    if delegation.user.issuer != named.issuer:
        return False
    groups = delegation.groups or frozenset()
    return delegation.user.subject in acts_for.users or not groups.isdisjoint(acts_for.groups)


def _check_switches(agent: AgentRecord, presented: Presented) -> None:
    if not agent.valid:
        refuse(Reason.AGENT_INVALID, f"AgentIdentity {agent.ref} is invalid; its Accepted condition says why")
    if agent.suspended:
        refuse(Reason.AGENT_SUSPENDED, f"{agent.ref} is suspended")
    if agent.expires_at is not None and presented.now >= agent.expires_at:
        refuse(Reason.AGENT_EXPIRED, f"{agent.ref} is past its expiresAt")
    issued_at = presented.claims.issued_at
    if agent.revoked_before is not None and covers_issue_time(issued_at, agent.revoked_before, presented.clock_skew_s):
        refuse(Reason.AGENT_REVOKED, f"the token was issued before revokedBefore of {agent.ref}; get a new one")
    if agent.created_at is not None and issued_at <= agent.created_at:
        refuse(Reason.AGENT_REVOKED, f"the token is older than {agent.ref}; get a new one")
