import pytest

from accredit_extauthz.codec.response import encode
from accredit_extauthz.contract.names import IssuerName
from accredit_extauthz.decide.decide import decide
from accredit_extauthz.model.decision import Evidence
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import Refusal
from accredit_extauthz.serve.proofs import Proofs
from fakes.issuer import NOW, FakeIssuer
from fakes.scene import IDP, agent, body, call, issuer_record, policy, view

TOKEN = IDP.mint()
OTHER = FakeIssuer("https://other.example")


def minted(number: int, issuer: FakeIssuer = IDP) -> str:
    return issuer.mint(issuer.claims(jti=f"t-{number}"))


def test_a_token_is_proved_once_for_a_view():
    proofs, seen = Proofs(), view()
    first = proofs.prove(TOKEN, seen, Evidence())
    assert proofs.prove(TOKEN, seen, Evidence()) is first
    assert (proofs.hits, proofs.misses, len(proofs)) == (1, 1, 1)


def test_another_view_is_another_epoch():
    proofs, before, after = Proofs(), view(), view(issuers=(issuer_record(usable=False),))
    proofs.prove(TOKEN, before, Evidence())
    with pytest.raises(Refusal) as caught:
        proofs.prove(TOKEN, after, Evidence())
    assert caught.value.reason is Reason.TOKEN_ISSUER
    assert len(proofs) == 0


def test_what_is_refused_is_not_remembered():
    proofs, seen = Proofs(), view()
    for _ in range(2):
        with pytest.raises(Refusal):
            proofs.prove(f"{TOKEN[:-6]}AAAAAA", seen, Evidence())
    assert (len(proofs), proofs.misses) == (0, 2)


@pytest.mark.parametrize("bound", [{"max_tokens": 3}, {"max_bytes": 3 * len(minted(0)) + 2}], ids=["tokens", "bytes"])
def test_the_oldest_goes_when_the_store_is_full(bound):
    proofs, seen = Proofs(**bound), view()
    tokens = [minted(number) for number in range(5)]
    for token in tokens:
        proofs.prove(token, seen, Evidence())
    assert len(proofs) == 3
    proofs.prove(tokens[-1], seen, Evidence())
    assert proofs.hits == 1
    proofs.prove(tokens[0], seen, Evidence())
    assert proofs.hits == 1


def test_a_store_for_nothing_still_proves():
    proofs, seen = Proofs(max_tokens=0), view()
    assert proofs.prove(TOKEN, seen, Evidence()).claims.token_id == "t-1"
    assert proofs.prove(minted(2), seen, Evidence()).claims.token_id == "t-2"
    assert len(proofs) == 1


def test_an_issuer_cannot_push_out_anothers_tokens():
    both = view(issuers=(issuer_record(), issuer_record(OTHER, name=IssuerName("other"))))
    proofs = Proofs(max_tokens=4)
    proofs.prove(TOKEN, both, Evidence())
    for number in range(10):
        proofs.prove(minted(number, OTHER), both, Evidence())
    proofs.prove(TOKEN, both, Evidence())
    assert proofs.hits == 1


ASKED = {
    "allowed": (call(), {}),
    "another audience": (call(IDP.mint(IDP.claims(aud="https://x.example"))), {}),
    "a bound token": (call(IDP.mint(IDP.claims(cnf={"x5t#S256": "x"}))), {}),
    "a malformed act": (call(IDP.mint(IDP.claims(act=7))), {}),
    "an agent as its user": (call(IDP.mint(IDP.claims(sub="agent:planner", act={"sub": "agent:x"}))), {}),
    "a suspended agent": (call(), {"agents": (agent(suspended=True),)}),
    "a scope too few": (call(IDP.mint(IDP.claims(scope="x"))), {}),
    "a malformed token": (call("a.b"), {}),
    "a tampered token": (call(f"{TOKEN[:-6]}AAAAAA"), {}),
    "an unknown key": (call(IDP.mint(header={"kid": "k9"})), {}),
    "no token": (call(None), {}),
}


class TestWarmEqualsCold:
    """A remembered proof answers as a fresh one: the same decision, the same evidence, the same bytes."""

    @pytest.mark.parametrize(("asked", "changes"), ASKED.values(), ids=ASKED.keys())
    @pytest.mark.parametrize("now", [NOW, NOW + 700], ids=["in time", "expired"])
    def test_whatever_is_asked(self, asked, changes, now):
        seen, proofs = view(**changes), Proofs()
        cold = decide(asked, seen, now, 0)
        for _ in range(3):
            warm = decide(asked, seen, now, 0, proofs.prove)
            assert warm.reason is cold.reason
            assert _plain(warm) == _plain(cold)
            assert encode(warm, "id") == encode(cold, "id")

    def test_one_token_at_two_targets(self):
        elsewhere = policy("other", targets=(policy().targets[0],), body=body(audiences=("https://x.example",)))
        proofs, here, there = Proofs(), view(), view(policies=(elsewhere,))
        assert decide(call(), here, NOW, 0, proofs.prove).reason is Reason.ALLOWED
        assert decide(call(), there, NOW, 0, proofs.prove).reason is Reason.TOKEN_AUDIENCE


def _plain(decision):
    return (decision.ruling, decision.reason, decision.message, decision.evidence)
