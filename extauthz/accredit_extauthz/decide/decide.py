"""The way of one request, step by step. The first refusal wins; what passes every step is allowed by a named rule.

The order is part of the contract (documented in docs/reasons.md): cheap checks first, and nothing is trusted before its
step. Each step reads what the steps before it proved from the Evidence, and adds to it.
"""

from collections.abc import Callable
from typing import NamedTuple

from accredit_extauthz.contract.snapshot import DenialBody
from accredit_extauthz.decide import chain, claims, delegation, policy, revocations
from accredit_extauthz.decide.authentication import Proof, prove
from accredit_extauthz.decide.chain import ProvedChain
from accredit_extauthz.decide.docket import Docket
from accredit_extauthz.decide.mcp import read_message_id
from accredit_extauthz.decide.operation import read_operation
from accredit_extauthz.decide.request_shape import check_request_shape
from accredit_extauthz.decide.target import find_governing
from accredit_extauthz.decide.token import find_bearer
from accredit_extauthz.decide.view import View
from accredit_extauthz.decide.warrant import Warrant, weigh
from accredit_extauthz.model.call import Call
from accredit_extauthz.model.decision import Decision, Evidence, Ruling
from accredit_extauthz.model.governing import Governing
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import Refusal, Verdict, refuse

_PUBLIC_METHODS = frozenset({"GET", "HEAD"})


class Memory(NamedTuple):
    """How a token is proved, and weighed. Either may answer from memory what it answered before for the same view."""

    prove: Callable[[str, View, Evidence], Proof] = prove
    weigh: Callable[[Proof, ProvedChain, Governing, View], Warrant] = weigh


class _Asked(NamedTuple):
    """A request that something governs, at a moment, with a token that is proved."""

    call: Call
    view: View
    now: int
    governing: Governing
    proof: Proof
    chain: ProvedChain


_NO_MEMORY = Memory()


def decide(call: Call, view: View | None, now: int, view_age_s: int, memory: Memory = _NO_MEMORY) -> Decision:
    """Return the decision on a request at `now` (Unix seconds), from a view that is `view_age_s` old. Never refuses."""
    evidence = Evidence(call=call)
    try:
        if view is None:
            refuse(Reason.SNAPSHOT_MISSING, "no verified snapshot is loaded yet; try again later")
        check_request_shape(call, view.deployment.max_body)
        governing = evidence.governing = find_governing(call, view, evidence)
        _check_age(governing, view_age_s)
        if _is_public(call, governing):
            return Decision(Ruling.ALLOW, Reason.ALLOWED_PUBLIC, "", evidence)
        asked = _authenticate(call, view, now, governing, memory, evidence)
        return _authorize(asked, memory, evidence)
    except Refusal as refusal:
        return refused(refusal, evidence)


def refused(refusal: Refusal, evidence: Evidence) -> Decision:
    """Return the denial that a refusal stands for, with the message id that a JSON-RPC answer echoes."""
    if evidence.call is not None and not evidence.is_body_read and _answers_in_json_rpc(evidence):
        evidence.rpc_id = read_message_id(evidence.call.body)
    return Decision(Ruling.DENY, refusal.reason, refusal.message, evidence)


def _check_age(governing: Governing, view_age_s: int) -> None:
    if 0 < governing.body.max_staleness_s < view_age_s:
        refuse(Reason.VIEW_STALE, f"the view is {view_age_s} s old; maxStaleness is {governing.body.max_staleness_s} s")


def _authenticate(call: Call, view: View, now: int, governing: Governing, memory: Memory, evidence: Evidence) -> _Asked:
    """Prove the token, and judge it for this target, at this moment, on this connection."""
    proof = memory.prove(find_bearer(call.headers), view, evidence)
    issuer, signed = proof.issuer.record, proof.claims
    evidence.claims = signed
    claims.check_times(signed, issuer, now)
    if issuer.name not in governing.body.issuers:
        refuse(Reason.TOKEN_ISSUER, f"{governing.policy} does not list TrustedIssuer {issuer.name} in spec.issuers")
    claims.check_audience(signed, issuer, governing.body.audiences)
    claims.check_confirmation(signed, call.peer.certificate)
    if isinstance(proof.chain, Verdict):
        refuse(*proof.chain)
    evidence.delegation = proof.chain.delegation
    return _Asked(call, view, now, governing, proof, proof.chain)


def _authorize(asked: _Asked, memory: Memory, evidence: Evidence) -> Decision:
    """Judge the chain, then the operation. In Audit mode the docket notes the first refusal that may be noted."""
    governing, paths = asked.governing, asked.view.paths
    docket = Docket(governing.body.mode)
    _judge_chain(asked, evidence, docket)
    operation = evidence.operation = read_operation(asked.call, governing.body.protocol, evidence)
    warrant = memory.weigh(asked.proof, asked.chain, governing, asked.view)
    evidence.grounds = warrant.grounds
    evidence.effective_scopes = warrant.authority.effective
    evidence.extra_headers = warrant.extra_headers
    docket.judge(warrant.ceilings)
    with docket:
        policy.check_denials(warrant, operation, paths, evidence)
    if not policy.is_open(governing, operation):
        with docket:
            policy.check_allows(warrant, operation, paths, evidence)
    if docket.noted is not None:
        return Decision(Ruling.WOULD_DENY, docket.noted.reason, docket.noted.message, evidence)
    return Decision(Ruling.ALLOW, Reason.ALLOWED, "", evidence)


def _judge_chain(asked: _Asked, evidence: Evidence, docket: Docket) -> None:
    view, body, proved, issuer = asked.view, asked.governing.body, asked.chain, asked.proof.issuer.record
    with docket:
        delegation.check_actor(proved.delegation, body.callers)
    delegation.check_caller(proved.delegation, issuer, body.callers)
    evidence.hops = proved.hops
    presented = revocations.Presented(
        claims=asked.proof.claims,
        issuer_name=issuer.name,
        clock_skew_s=issuer.clock_skew_s,
        delegation=proved.delegation,
        user_issuer_name=proved.user_issuer_name,
        agents=proved.agents,
        governing_namespace=asked.governing.policy.namespace,
        now=asked.now,
    )
    revocations.check_token_and_user(view.revocations, presented)
    chain.check_live(proved.delegation, view.agents, view.revocations, presented)
    if proved.shape is not None:
        refuse(*proved.shape)
    chain.check_workload(proved.hops, asked.call.peer.principal, required=body.require_workload)
    docket.judge(proved.edges)
    docket.judge(proved.acts_for)


def _is_public(call: Call, governing: Governing) -> bool:
    if call.path not in governing.body.public_paths or call.method not in _PUBLIC_METHODS:
        return False
    return not call.body and call.declared_size <= 0


def _answers_in_json_rpc(evidence: Evidence) -> bool:
    return evidence.governing is not None and evidence.governing.body.denial_body is not DenialBody.PROBLEM
