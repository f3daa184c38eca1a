"""The whole decision, in the order of api.md §4: the first refusal wins."""

from typing import Any

from accredit_extauthz.contract.snapshot import Mode, Snapshot
from accredit_extauthz.model.call import Call
from accredit_extauthz.model.reason import Reason
from reference import chain, delegation, operation, policy, shape, target, token
from reference.verdict import Denied, Notes, Verdict


def is_public(call: Call, met: target.Met) -> bool:
    is_bare = call.method in ("GET", "HEAD") and not call.body and call.declared_size <= 0
    return is_bare and call.path in met.body.public_paths


def check_chain(shown: chain.Presented, call: Call, snapshot: Snapshot, now: int, trust_domain: str, notes: Notes) -> Any:
    """The chain's agents, every one known and live, where they may stand."""
    for agent in shown.agents:
        chain.check_hop(agent, shown, snapshot, now)
    agents = [agent for agent in shown.agents if agent is not None]
    chain.check_chain(agents)
    if agents:
        chain.check_workload(agents[-1], call, shown.met.body, trust_domain)
        chain.check_edges(agents, notes)
        chain.check_acts_for(agents[0].acts_for, shown.asked, notes)
    return agents


def authorized(met: target.Met, call: Call, snapshot: Snapshot, now: int, trust_domain: str) -> Verdict:
    notes = Notes(met.body.mode is Mode.AUDIT)
    shown_token = token.authentic(call, snapshot)
    token.check_times(shown_token, now)
    token.check_here(shown_token, met.body, call.peer.certificate)
    asked = delegation.read(shown_token, snapshot)
    delegation.check_caller(asked, shown_token, met.body, notes)
    urls = {issuer.name: issuer.issuer for issuer in snapshot.issuers}
    shown = chain.Presented(shown_token, asked, chain.agents_of(asked, snapshot), met, urls)
    chain.check_token_and_user(shown, snapshot)
    agents = check_chain(shown, call, snapshot, now, trust_domain, notes)
    done = operation.read(call, met.body.protocol)
    trusted = frozenset(urls[name] for name in met.body.issuers if name in urls)
    judged = policy.Judged(done, asked, agents, shown_token, met, trusted)
    rule = policy.judge(judged, notes)
    return Verdict(
        ruling="allow" if notes.first is None else "would_deny",
        reason=notes.first or Reason.ALLOWED,
        scopes=policy.effective(judged),
        rule=rule,
        chain=tuple(agent.ref for agent in agents),
    )


def decide(call: Call, snapshot: Snapshot | None, now: int, view_age_s: int, deployment: Any) -> Verdict:
    try:
        if snapshot is None:
            raise Denied(Reason.SNAPSHOT_MISSING)
        shape.check(call, deployment.max_body)
        met = target.resolve(call, snapshot, deployment.trust_domain, deployment.gateway_identities)
        if met.body.max_staleness_s and view_age_s > met.body.max_staleness_s:
            raise Denied(Reason.VIEW_STALE)
        if is_public(call, met):
            return Verdict("allow", Reason.ALLOWED_PUBLIC)
        return authorized(met, call, snapshot, now, deployment.trust_domain)
    except Denied as denied:
        return Verdict("deny", denied.reason)
