"""Why a decision came out as it did: every hop with its state, and where each scope was lost.

Everything is read from the decision's own evidence, or asked of the step that decided: nothing is judged twice in two
ways.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from msgspec.structs import replace

from accredit_extauthz.contract.snapshot import PolicyBody
from accredit_extauthz.decide import chain, scopes
from accredit_extauthz.decide.revocations import Presented
from accredit_extauthz.decide.view import View
from accredit_extauthz.model.decision import Decision, Evidence
from accredit_extauthz.model.delegation import Delegation, Hop, SignedClaims, Subject
from accredit_extauthz.model.refusal import Refusal

LIVE, YES = "live", "yes"


@dataclass(frozen=True, slots=True)
class HopState:
    """One agent of the chain. `state` and `granted` hold a good word, or the reason that refuses it."""

    subject: Subject
    agent: str | None  # NAMESPACE/NAME; None: no AgentIdentity claims the subject
    state: str
    granted: str  # by the hop before, or by its own actsFor where it is the first
    ceiling: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What is left of the scopes after one limit, and what that limit took."""

    limit: str
    left: tuple[str, ...]
    lost: tuple[str, ...]


def hop_states(decision: Decision, view: View, now: int) -> tuple[HopState, ...]:
    """Return every hop of the token's chain, root first; none where the chain was not read."""
    evidence = decision.evidence
    delegation, claims = evidence.delegation, evidence.claims
    if delegation is None or claims is None:
        return ()
    presented = _presented(evidence, delegation, claims, view, now)
    states: list[HopState] = []
    before: Hop | None = None
    for subject in delegation.agents:
        agent = view.agents.get(subject)
        hop = None if agent is None else Hop(subject, agent)
        states.append(
            HopState(
                subject=subject,
                agent=None if agent is None else str(agent.ref),
                state=_state(delegation, subject, view, presented),
                granted=_granted(before, hop, delegation, is_first=not states),
                ceiling=() if agent is None else agent.scopes,
            )
        )
        before = hop
    return tuple(states)


def narrowings(decision: Decision, view: View) -> tuple[Narrowing, ...]:
    """Return how token, user and every hop's ceiling narrow the scopes, in order; none while a hop is unknown."""
    evidence = decision.evidence
    delegation, governing = evidence.delegation, evidence.governing
    if delegation is None or governing is None or len(evidence.hops) != len(delegation.agents):
        return ()
    return tuple(_narrowed(delegation, evidence.hops, governing.body, view))


def _narrowed(delegation: Delegation, hops: tuple[Hop, ...], body: PolicyBody, view: View) -> Iterator[Narrowing]:
    trusted = view.issuer_name(delegation.user.issuer) in body.issuers
    authority = scopes.measure_authority(delegation, hops, body, view.ceilings, trusted=trusted)
    held = delegation.scopes
    yield Narrowing("token", _sorted(held), ())
    if authority.user is not None:
        # A token with login scopes only takes the grants whole: then there is nothing for them to narrow.
        before = held if authority.token is None else authority.token
        held = authority.user if authority.token is None else before & authority.user
        yield Narrowing("grants", _sorted(held), _sorted(before - held))
    for agent, ceiling in authority.ceilings:
        left = frozenset(scope for scope in held if ceiling.covers(scope))
        yield Narrowing(str(agent), _sorted(left), _sorted(held - left))
        held = left


def _presented(evidence: Evidence, delegation: Delegation, claims: SignedClaims, view: View, now: int) -> Presented:
    issuer = view.issuers[claims.issuer].record
    return Presented(
        claims=claims,
        issuer_name=issuer.name,
        clock_skew_s=issuer.clock_skew_s,
        delegation=delegation,
        user_issuer_name=view.issuer_name(delegation.user.issuer),
        agents=frozenset(hop.agent.ref for hop in chain.find_hops(delegation, view.agents)),
        governing_namespace=evidence.governing.policy.namespace if evidence.governing else "",
        now=now,
    )


def _state(delegation: Delegation, subject: Subject, view: View, presented: Presented) -> str:
    alone = replace(delegation, agents=(subject,))
    return _reason(lambda: chain.check_live(alone, view.agents, view.revocations, presented)) or LIVE


def _granted(before: Hop | None, hop: Hop | None, delegation: Delegation, *, is_first: bool) -> str:
    if hop is None or (before is None and not is_first):
        return "?"
    if before is None:
        return _reason(lambda: chain.check_acts_for((hop,), delegation)) or YES
    return _reason(lambda: chain.check_edges((before, hop))) or YES


def _reason(step: Callable[[], None]) -> str | None:
    """Return why a step refuses, or None."""
    try:
        step()
    except Refusal as refusal:
        return refusal.reason.value
    return None


def _sorted(held: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(held))
