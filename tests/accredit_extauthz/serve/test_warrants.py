from msgspec.structs import replace

from accredit_extauthz.contract.snapshot import CallerKind, UserScopes
from accredit_extauthz.decide.authentication import Proof, prove
from accredit_extauthz.decide.chain import ProvedChain
from accredit_extauthz.decide.target import find_governing
from accredit_extauthz.decide.warrant import Warrant, weigh
from accredit_extauthz.model.decision import Evidence
from accredit_extauthz.model.governing import Governing
from accredit_extauthz.serve.warrants import Warrants
from fakes.scene import IDP, body, call, policy, view

SEEN = view()
PROOF = prove(IDP.mint(), SEEN, Evidence())
GOVERNING = find_governing(call(), SEEN, Evidence())
assert isinstance(PROOF.chain, ProvedChain)
CHAIN = PROOF.chain


def kept(warrants: Warrants, proof: Proof = PROOF, governing: Governing = GOVERNING) -> Warrant:
    """Weigh a pair as often as it takes to be kept."""
    warrants.weigh(proof, CHAIN, governing, SEEN)
    return warrants.weigh(proof, CHAIN, governing, SEEN)


def test_a_pair_is_kept_when_it_is_met_again():
    warrants = Warrants()
    first, second, third = (warrants.weigh(PROOF, CHAIN, GOVERNING, SEEN) for _ in range(3))
    assert first == weigh(PROOF, CHAIN, GOVERNING, SEEN)
    assert second is not first
    assert third is second


def test_one_that_is_kept_has_grounds_of_its_own_and_is_equal_else():
    warrants = Warrants()
    first, twin = kept(warrants), kept(warrants, replace(PROOF))
    assert weigh(PROOF, CHAIN, GOVERNING, SEEN).grounds is None
    assert first.grounds is not None
    assert first.grounds is not twin.grounds
    assert replace(first, grounds=None) == weigh(PROOF, CHAIN, GOVERNING, SEEN)


def test_equal_ones_of_another_view_are_weighed_anew():
    """A view gives its own meaning to what looks alike."""
    warrants = Warrants()
    first = kept(warrants)
    twin = replace(PROOF)
    assert twin == PROOF
    assert kept(warrants, twin) is not first


def test_one_token_has_a_warrant_for_each_policy():
    warrants = Warrants()
    granting = view(policies=(policy(body=body(user_scopes=UserScopes.GRANTS, callers=tuple(CallerKind))),))
    other = find_governing(call(), granting, Evidence())
    assert warrants.weigh(PROOF, CHAIN, GOVERNING, SEEN).authority.effective == {"tool:crm:read"}
    assert warrants.weigh(PROOF, CHAIN, other, SEEN).authority.effective == frozenset()


def test_what_is_forgotten_is_weighed_anew():
    warrants = Warrants(2)
    first = kept(warrants)
    twins = [replace(PROOF) for _ in range(3)]
    for twin in twins:
        kept(warrants, twin)
    again = kept(warrants)
    assert again is not first
    assert replace(again, grounds=None) == replace(first, grounds=None)


def test_what_comes_once_each_pushes_nothing_out():
    warrants = Warrants(4)
    first = kept(warrants)
    strangers = [replace(PROOF) for _ in range(50)]
    for stranger in strangers:
        warrants.weigh(stranger, CHAIN, GOVERNING, SEEN)
    assert warrants.weigh(PROOF, CHAIN, GOVERNING, SEEN) is first
