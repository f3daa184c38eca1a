import msgspec

from accredit_extauthz.contract.snapshot import CallerKind, UserScopes
from accredit_extauthz.decide.authentication import prove
from accredit_extauthz.decide.chain import ProvedChain
from accredit_extauthz.decide.target import find_governing
from accredit_extauthz.decide.warrant import weigh
from accredit_extauthz.model.decision import Evidence
from accredit_extauthz.serve.warrants import Warrants
from fakes.scene import IDP, body, call, policy, view

SEEN = view()
PROOF = prove(IDP.mint(), SEEN, Evidence())
GOVERNING = find_governing(call(), SEEN, Evidence())
assert isinstance(PROOF.chain, ProvedChain)
CHAIN = PROOF.chain


def test_a_pair_is_weighed_once():
    warrants = Warrants()
    first = warrants.weigh(PROOF, CHAIN, GOVERNING, SEEN)
    assert first == weigh(PROOF, CHAIN, GOVERNING, SEEN)
    assert warrants.weigh(PROOF, CHAIN, GOVERNING, SEEN) is first


def test_equal_ones_of_another_view_are_weighed_anew():
    """A view gives its own meaning to what looks alike."""
    warrants = Warrants()
    first = warrants.weigh(PROOF, CHAIN, GOVERNING, SEEN)
    twin = msgspec.structs.replace(PROOF)
    assert twin == PROOF
    assert warrants.weigh(twin, CHAIN, GOVERNING, SEEN) is not first


def test_one_token_has_a_warrant_for_each_policy():
    warrants = Warrants()
    granting = view(policies=(policy(body=body(user_scopes=UserScopes.GRANTS, callers=tuple(CallerKind))),))
    other = find_governing(call(), granting, Evidence())
    assert warrants.weigh(PROOF, CHAIN, GOVERNING, SEEN).authority.effective == {"tool:crm:read"}
    assert warrants.weigh(PROOF, CHAIN, other, SEEN).authority.effective == frozenset()


def test_what_is_forgotten_is_weighed_anew():
    warrants = Warrants(2)
    first = warrants.weigh(PROOF, CHAIN, GOVERNING, SEEN)
    for _ in range(3):
        warrants.weigh(msgspec.structs.replace(PROOF), CHAIN, GOVERNING, SEEN)
    again = warrants.weigh(PROOF, CHAIN, GOVERNING, SEEN)
    assert again is not first
    assert again == first
