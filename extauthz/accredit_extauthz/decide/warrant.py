"""What a proved token is worth where one set of policies governs: all that neither the operation nor the time changes.

So it may be kept and used again, as a proof may, for as long as the same view serves.
"""

from collections.abc import Iterable, Mapping

import msgspec

from accredit_extauthz.contract.snapshot import ExtraHeader
from accredit_extauthz.decide.authentication import Proof
from accredit_extauthz.decide.chain import ProvedChain
from accredit_extauthz.decide.claim_names import find_claim
from accredit_extauthz.decide.scopes import Authority, check_ceilings, measure_authority
from accredit_extauthz.decide.selectors import agents_match, users_match
from accredit_extauthz.decide.view import View
from accredit_extauthz.model.delegation import SignedClaims
from accredit_extauthz.model.governing import Governing, PlacedRule
from accredit_extauthz.model.refusal import Verdict, verdict


class Warrant(msgspec.Struct, frozen=True, gc=False):
    """A caller's authority under the governing policies, and their rules that mean this caller, in order."""

    proof: Proof
    governing: Governing
    authority: Authority
    ceilings: Verdict | None  # what `check_ceilings` says
    allow: tuple[PlacedRule, ...]
    deny: tuple[PlacedRule, ...]
    extra_headers: Mapping[str, str | None]  # None = remove
    grounds: object = None  # one for each warrant that is kept, so that what is told of it may be kept as well


def weigh(proof: Proof, chain: ProvedChain, governing: Governing, view: View) -> Warrant:
    """Return what `proof`, whose chain is `chain`, is worth under `governing`. Refuses nothing."""
    body = governing.body
    trusted = chain.user_issuer_name in body.issuers
    authority = measure_authority(chain.delegation, chain.hops, body, view.ceilings, trusted=trusted)
    return Warrant(
        proof=proof,
        governing=governing,
        authority=authority,
        ceilings=verdict(check_ceilings, authority),
        allow=_meaning(governing.allow, chain, trusted=trusted),
        deny=_meaning(governing.deny, chain, trusted=trusted),
        extra_headers={extra.name: _header_text(proof.claims, extra) for extra in body.extra_headers},
    )


def _meaning(rules: Iterable[PlacedRule], chain: ProvedChain, *, trusted: bool) -> tuple[PlacedRule, ...]:
    return tuple(
        placed
        for placed in rules
        if agents_match(placed.rule.agents, chain.hops, placed.rule.effect)
        and users_match(placed.rule.users, chain.delegation, placed.rule.effect, trusted=trusted)
    )


def _header_text(signed: SignedClaims, extra: ExtraHeader) -> str | None:
    """Return a claim as a header's text: strings, whole numbers and booleans; None for everything else."""
    value = find_claim(signed.claims, extra.claim)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | str) else None
