"""The way of one request, step by step. The first refusal wins; what passes every step is allowed by a named rule.

The order is part of the contract (documented in docs/reasons.md): cheap checks first, and nothing is trusted before its
step. Each step reads what the steps before it proved from the Evidence, and adds to it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from accredit_extauthz.contract.snapshot import DenialBody, ExtraHeader
from accredit_extauthz.decide import chain, claims, delegation, policy, revocations, scopes
from accredit_extauthz.decide.authentication import Proof, prove
from accredit_extauthz.decide.claim_names import find_claim
from accredit_extauthz.decide.docket import Docket
from accredit_extauthz.decide.mcp import read_message_id
from accredit_extauthz.decide.operation import read_operation
from accredit_extauthz.decide.request_shape import check_request_shape
from accredit_extauthz.decide.target import find_governing
from accredit_extauthz.decide.token import find_bearer
from accredit_extauthz.decide.view import IssuerView, View
from accredit_extauthz.model.call import Call
from accredit_extauthz.model.decision import Decision, Evidence, Ruling
from accredit_extauthz.model.delegation import Delegation, SignedClaims
from accredit_extauthz.model.governing import Governing
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import Refusal, refuse

_PUBLIC_METHODS = frozenset({"GET", "HEAD"})

Prove = Callable[[str, View, Evidence], Proof]


@dataclass(frozen=True, slots=True)
class Proved:
    """What is known of a request once its token is proved."""

    call: Call
    governing: Governing
    issuer: IssuerView
    signed: SignedClaims
    delegation: Delegation


def decide(call: Call, view: View | None, now: int, view_age_s: int, prove: Prove = prove) -> Decision:
    """Return the decision on a request at `now` (Unix seconds), from a view that is `view_age_s` old. Never refuses.

    `prove` may answer from memory what it answered before for the same token and view.
    """
    evidence = Evidence(call=call)
    try:
        return _decide(call, _Premises(view, now, view_age_s, prove), evidence)
    except Refusal as refusal:
        return refused(refusal, evidence)


def refused(refusal: Refusal, evidence: Evidence) -> Decision:
    """Return the denial that a refusal stands for, with the message id that a JSON-RPC answer echoes."""
    if evidence.call is not None and not evidence.is_body_read and _answers_in_json_rpc(evidence):
        evidence.rpc_id = read_message_id(evidence.call.body)
    return Decision(Ruling.DENY, refusal.reason, refusal.message, evidence)


class _Premises(NamedTuple):
    view: View | None
    now: int
    view_age_s: int
    prove: Prove


def _decide(call: Call, premises: _Premises, evidence: Evidence) -> Decision:
    view, now, view_age_s, prove_token = premises
    if view is None:
        refuse(Reason.SNAPSHOT_MISSING, "no verified snapshot is loaded yet; try again later")
    check_request_shape(call, view.deployment.max_body)
    governing = evidence.governing = find_governing(call, view, evidence)
    if 0 < governing.body.max_staleness_s < view_age_s:
        refuse(Reason.VIEW_STALE, f"the view is {view_age_s} s old; maxStaleness is {governing.body.max_staleness_s} s")
    if _is_public(call, governing):
        return Decision(Ruling.ALLOW, Reason.ALLOWED_PUBLIC, "", evidence)
    proof = prove_token(find_bearer(call.headers), view, evidence)
    evidence.claims = proof.claims
    _admit(call, governing, proof.issuer, proof.claims, now)
    if isinstance(proof.delegation, Refusal):
        refuse(proof.delegation.reason, proof.delegation.message)
    evidence.delegation = proof.delegation
    return _authorize(view, now, Proved(call, governing, proof.issuer, proof.claims, proof.delegation), evidence)


def _admit(call: Call, governing: Governing, issuer: IssuerView, signed: SignedClaims, now: int) -> None:
    """Judge the token for this target, at this moment, on this connection."""
    claims.check_times(signed, issuer.record, now)
    if issuer.record.name not in governing.body.issuers:
        refuse(
            Reason.TOKEN_ISSUER, f"{governing.policy} does not list TrustedIssuer {issuer.record.name} in spec.issuers"
        )
    claims.check_audience(signed, issuer.record, governing.body.audiences)
    claims.check_confirmation(signed, call.peer.certificate)


def _authorize(view: View, now: int, proved: Proved, evidence: Evidence) -> Decision:
    """Judge the chain, then the operation. In Audit mode the docket notes the first refusal that may be noted."""
    body = proved.governing.body
    docket = Docket(body.mode)
    _judge_chain(view, now, proved, evidence, docket)
    operation = evidence.operation = read_operation(proved.call, body.protocol, evidence)
    trusted = view.issuer_name(proved.delegation.user.issuer) in body.issuers
    authority = scopes.measure_authority(proved.delegation, evidence.hops, body, view.ceilings, trusted=trusted)
    evidence.effective_scopes = authority.effective
    evidence.extra_headers = {extra.name: _header_text(proved.signed, extra) for extra in body.extra_headers}
    attempt = policy.Attempt(operation, proved.delegation, evidence.hops, trusted, view.paths)
    with docket:
        scopes.check_ceilings(authority)
    with docket:
        policy.check_denials(proved.governing, attempt, evidence)
    if not policy.is_open(proved.governing, operation):
        with docket:
            policy.check_allows(proved.governing, attempt, authority, evidence)
    if docket.noted is not None:
        return Decision(Ruling.WOULD_DENY, docket.noted.reason, docket.noted.message, evidence)
    return Decision(Ruling.ALLOW, Reason.ALLOWED, "", evidence)


def _judge_chain(view: View, now: int, proved: Proved, evidence: Evidence, docket: Docket) -> None:
    body, asked = proved.governing.body, proved.delegation
    with docket:
        delegation.check_actor(asked, body.callers)
    delegation.check_caller(asked, proved.issuer.record, body.callers)
    hops = evidence.hops = chain.find_hops(asked, view.agents)
    presented = revocations.Presented(
        claims=proved.signed,
        issuer_name=proved.issuer.record.name,
        clock_skew_s=proved.issuer.record.clock_skew_s,
        delegation=asked,
        user_issuer_name=view.issuer_name(asked.user.issuer),
        agents=frozenset(hop.agent.ref for hop in hops),
        governing_namespace=proved.governing.policy.namespace,
        now=now,
    )
    revocations.check_token_and_user(view.revocations, presented)
    chain.check_live(asked, view.agents, view.revocations, presented)
    chain.check_shape(hops)
    chain.check_workload(hops, proved.call.peer.principal, required=body.require_workload)
    with docket:
        chain.check_edges(hops)
    with docket:
        chain.check_acts_for(hops, asked)


def _is_public(call: Call, governing: Governing) -> bool:
    if call.path not in governing.body.public_paths or call.method not in _PUBLIC_METHODS:
        return False
    return not call.body and call.declared_size <= 0


def _answers_in_json_rpc(evidence: Evidence) -> bool:
    return evidence.governing is not None and evidence.governing.body.denial_body is not DenialBody.PROBLEM


def _header_text(signed: SignedClaims, extra: ExtraHeader) -> str | None:
    """Return a claim as a header's text: strings, whole numbers and booleans; None for everything else."""
    value = find_claim(signed.claims, extra.claim)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | str) else None
