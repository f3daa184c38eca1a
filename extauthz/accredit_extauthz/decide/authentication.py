"""Proves a token: its origin, its content, and the delegation it states. Depends on token and view alone.

So a proof may be kept and used again while the same view serves; target, time, audience, peer and revocation are judged
afterwards, on every request.
"""

import msgspec

from accredit_extauthz.contract.names import Issuer
from accredit_extauthz.contract.shown import shown
from accredit_extauthz.decide import claims, delegation
from accredit_extauthz.decide.chain import ProvedChain, prove_chain
from accredit_extauthz.decide.signature import choose_key, verify_signature
from accredit_extauthz.decide.token import Compact, parse_compact
from accredit_extauthz.decide.view import IssuerView, View
from accredit_extauthz.model.decision import Evidence
from accredit_extauthz.model.delegation import SignedClaims, Subject
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import Refusal, Verdict, refuse


class Proof(msgspec.Struct, frozen=True, gc=False):
    """What a token proves. A delegation that cannot be read is refused in its turn, after time and audience."""

    issuer: IssuerView
    claims: SignedClaims
    chain: ProvedChain | Verdict


def prove(token: str, view: View, evidence: Evidence) -> Proof:
    """Return what the token proves. Of a token that is refused, `evidence` keeps what it says of itself.

    Raises the token_* reasons but those of time, audience and revocation.
    """
    compact = parse_compact(token)
    evidence.unverified_user = _unverified_user(compact)
    issuer = _find_issuer(compact, view)
    if compact.typ not in issuer.record.token_types:
        refuse(Reason.TOKEN_TYPE, f"`typ` is {shown(compact.typ)}; the issuer's tokenTypes do not list it")
    if compact.kid is not None and compact.kid not in issuer.keys:
        evidence.unknown_kid = (issuer.record.name, compact.kid)
    verify_signature(compact, choose_key(compact, issuer.keys))
    signed = claims.read_claims(compact, issuer.record)
    evidence.unverified_user = None
    return Proof(issuer, _short(signed, view), _prove_chain(signed, issuer, view))


def _short(signed: SignedClaims, view: View) -> SignedClaims:
    """Leave out the claims that nothing reads any more: there may be tens of thousands of proofs."""
    kept = {name: value for name, value in signed.claims.items() if name in view.kept_claims}
    return msgspec.structs.replace(signed, claims=kept)


def _prove_chain(signed: SignedClaims, issuer: IssuerView, view: View) -> ProvedChain | Verdict:
    try:
        asked = delegation.read_delegation(signed, issuer.record, issuer.may_assert)
    except Refusal as refusal:
        return Verdict(refusal.reason, refusal.message)
    if not view.agents.keys().isdisjoint(delegation.users_named(asked.user, signed, issuer.record)):
        return Verdict(Reason.USER_INVALID, "the token's user is an agent; a delegation starts with a person")
    return prove_chain(asked, view.agents, view.issuer_name(asked.user.issuer))


def _find_issuer(compact: Compact, view: View) -> IssuerView:
    iss = compact.claims.get("iss")
    issuer = view.issuers.get(Issuer(iss)) if isinstance(iss, str) else None
    if issuer is None or not issuer.record.usable:
        refuse(Reason.TOKEN_ISSUER, f"no usable TrustedIssuer has `iss` {shown(str(iss))}")
    return issuer


def _unverified_user(compact: Compact) -> Subject | None:
    """Return whom an unproved token speaks of, for the record of a denial."""
    iss, sub = compact.claims.get("iss"), compact.claims.get("sub")
    return Subject(Issuer(iss), sub) if isinstance(iss, str) and isinstance(sub, str) else None
