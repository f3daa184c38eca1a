"""The whole decision, in the order of api.md §4: the first refusal wins."""

from dataclasses import dataclass
from typing import Any

from accredit_extauthz.contract.snapshot import AgentRecord, Mode, Snapshot
from accredit_extauthz.model.call import Call
from accredit_extauthz.model.reason import Reason
from reference import chain, delegation, operation, policy, shape, target, token
from reference.verdict import Denied, Found, Notes, Verdict


@dataclass(frozen=True)
class Moment:
    """When: Unix seconds, and the seconds since the view was known to be current."""

    now: int
    view_age_s: int


def is_public(call: Call, met: target.Met) -> bool:
    is_bare = call.method in ("GET", "HEAD") and not call.body and call.declared_size <= 0
    return is_bare and call.path in met.body.public_paths


def check_chain(shown: chain.Presented, call: Call, snapshot: Snapshot, now: int, notes: Notes) -> list[AgentRecord]:
    """The chain's agents, every one known and live, where they may stand."""
    for agent in shown.agents:
        chain.check_hop(agent, shown, snapshot, now)
    agents = [agent for agent in shown.agents if agent is not None]
    chain.check_chain(agents)
    if agents:
        chain.check_workload(agents[-1], call, shown.met.body)
        chain.check_edges(agents, notes)
        chain.check_acts_for(agents[0].acts_for, shown.asked, notes)
    return agents


def authorize(met: target.Met, call: Call, snapshot: Snapshot, now: int, found: Found) -> Notes:
    """Every step from the token on. The notes say whether an Audit-mode policy let something pass."""
    notes = Notes(met.body.mode is Mode.AUDIT)
    shown_token = token.authentic(call, snapshot)
    token.check_times(shown_token, now)
    token.check_here(shown_token, met.body, call.peer.certificate)
    asked = delegation.read(shown_token, snapshot)
    delegation.check_caller(asked, shown_token, met.body, notes)
    urls = {issuer.name: issuer.issuer for issuer in snapshot.issuers}
    shown = chain.Presented(shown_token, asked, chain.agents_of(asked, snapshot), met, urls)
    found.chain = tuple(agent.ref for agent in shown.agents if agent is not None)
    chain.check_token_and_user(shown, snapshot, now)
    agents = check_chain(shown, call, snapshot, now, notes)
    done = operation.read(call, met.body.protocol)
    trusted = frozenset(urls[name] for name in met.body.issuers if name in urls)
    policy.judge(policy.Judged(done, asked, agents, met, trusted), notes, found)
    return notes


def judged(call: Call, snapshot: Snapshot | None, moment: Moment, deployment: Any, found: Found) -> Verdict:
    if snapshot is None:
        raise Denied(Reason.SNAPSHOT_MISSING)
    shape.check(call, deployment.max_body)
    met = target.resolve(call, snapshot, deployment.trust_domain, deployment.gateway_identities)
    if met.body.max_staleness_s and moment.view_age_s > met.body.max_staleness_s:
        raise Denied(Reason.VIEW_STALE)
    if is_public(call, met):
        return Verdict("allow", Reason.ALLOWED_PUBLIC, found)
    notes = authorize(met, call, snapshot, moment.now, found)
    return Verdict("allow" if notes.first is None else "would_deny", notes.first or Reason.ALLOWED, found)


def decide(call: Call, snapshot: Snapshot | None, moment: Moment, deployment: Any) -> Verdict:
    """`deployment` has trust_domain, gateway_identities and max_body."""
    found = Found()
    try:
        return judged(call, snapshot, moment, deployment, found)
    except Denied as denied:
        return Verdict("deny", denied.reason, found)
