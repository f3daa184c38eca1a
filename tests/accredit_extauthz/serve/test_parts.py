import pytest

from accredit_extauthz.decide.authentication import Proof, prove
from accredit_extauthz.decide.chain import ProvedChain
from accredit_extauthz.model.decision import Evidence
from accredit_extauthz.serve.parts import Parts
from fakes.scene import IDP, view

SEEN = view()


def proof(**claims: object) -> Proof:
    return prove(IDP.mint(IDP.claims(**claims)), SEEN, Evidence())


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"client_id": None},
        {"scope": None},
        {"act": 7},
        {"act": None},
        {"act": {"sub": "agent:nobody"}},
        {"aud": ["https://crm.example", "https://other.example"]},
    ],
    ids=["a chain", "no client", "no scopes", "no readable chain", "no agents", "an unknown agent", "two audiences"],
)
def test_what_shares_its_parts_is_equal(claims):
    parts = Parts()
    for token_id in ("t-1", "t-2"):
        found = proof(jti=token_id, **claims)
        assert parts.shared(found) == found


def test_proofs_share_all_that_is_alike_and_nothing_else():
    parts = Parts()
    first, second = (parts.shared(proof(jti=name, sub=name)) for name in ("alice", "bob"))
    assert isinstance(first.chain, ProvedChain)
    assert isinstance(second.chain, ProvedChain)
    assert first.chain.hops is second.chain.hops
    assert first.chain.agents is second.chain.agents
    assert first.chain.delegation.agents is second.chain.delegation.agents
    assert first.chain.delegation.scopes is second.chain.delegation.scopes
    assert first.claims.audiences is second.claims.audiences
    assert first.chain.delegation.user != second.chain.delegation.user
