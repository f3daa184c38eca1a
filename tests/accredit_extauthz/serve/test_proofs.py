import uuid

import pytest
from msgspec.structs import replace

from accredit_extauthz.audit import record
from accredit_extauthz.audit.record import Records
from accredit_extauthz.codec.response import encode
from accredit_extauthz.contract.names import IssuerName, Principal
from accredit_extauthz.contract.snapshot import ExtraHeader, Mode, Protocol, RevocationRecord
from accredit_extauthz.decide.decide import Memory, decide
from accredit_extauthz.decide.view import View
from accredit_extauthz.model.call import Peer
from accredit_extauthz.model.decision import Evidence
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import Refusal
from accredit_extauthz.serve.answers import Answers
from accredit_extauthz.serve.occasion import Occasion
from accredit_extauthz.serve.proofs import Proofs
from accredit_extauthz.serve.warrants import Warrants
from fakes.issuer import NOW, FakeIssuer
from fakes.scene import IDP, agent, body, call, issuer_record, mcp_call, mcp_rule, policy, tool_call, view

TOKEN = IDP.mint()
OTHER = FakeIssuer("https://other.example")
FORGED = f"{TOKEN[:-6]}AAAAAA"


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


def test_what_is_refused_is_no_proof():
    proofs, seen = Proofs(), view()
    for _ in range(2):
        with pytest.raises(Refusal):
            proofs.prove(FORGED, seen, Evidence())
    assert (len(proofs), proofs.misses) == (0, 2)


class TestForgedTokens:
    """A bad signature is remembered, and nothing else that is refused."""

    def refused(self, proofs: Proofs, token: str, seen: View) -> tuple[Refusal, Evidence]:
        evidence = Evidence()
        with pytest.raises(Refusal) as caught:
            proofs.prove(token, seen, evidence)
        return caught.value, evidence

    def test_the_second_time_no_key_is_asked(self, monkeypatch):
        proofs, seen = Proofs(), view()
        first, before = self.refused(proofs, FORGED, seen)
        monkeypatch.setattr("accredit_extauthz.serve.proofs.prove", None)
        again, after = self.refused(proofs, FORGED, seen)
        assert (again.reason, again.message, after) == (first.reason, first.message, before)
        assert after.unverified_user is not None

    def test_another_token_is_another_matter(self):
        proofs, seen = Proofs(), view()
        self.refused(proofs, FORGED, seen)
        assert proofs.prove(TOKEN, seen, Evidence()).claims.token_id == "t-1"

    def test_a_view_with_the_right_key_proves_it(self):
        rotated = FakeIssuer()
        token, proofs = rotated.mint(), Proofs()
        assert self.refused(proofs, token, view())[0].reason is Reason.TOKEN_SIGNATURE
        assert proofs.prove(token, view(issuers=(issuer_record(rotated),)), Evidence()).claims.token_id == "t-1"

    def test_an_unknown_key_is_looked_for_each_time(self):
        proofs, seen, token = Proofs(), view(), IDP.mint(header={"kid": "k9"})
        for _ in range(2):
            refusal, evidence = self.refused(proofs, token, seen)
            assert (refusal.reason, evidence.unknown_kid) == (Reason.TOKEN_KEY_UNKNOWN, ("corp", "k9"))


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


def revoked(**names: str) -> RevocationRecord:
    return RevocationRecord(namespace="accredit", name="cut", everywhere=True, **names)


MCP = body(protocol=Protocol.MCP, rules=(mcp_rule(),))
ASKED = {
    "allowed": (call(), {}),
    "another audience": (call(IDP.mint(IDP.claims(aud="https://x.example"))), {}),
    "a bound token": (call(IDP.mint(IDP.claims(cnf={"x5t#S256": "x"}))), {}),
    "a malformed act": (call(IDP.mint(IDP.claims(act=7))), {}),
    "an agent as its user": (call(IDP.mint(IDP.claims(sub="agent:planner", act={"sub": "agent:x"}))), {}),
    "a suspended agent": (call(), {"agents": (agent(suspended=True),)}),
    "a scope too few": (call(IDP.mint(IDP.claims(scope="x"))), {}),
    "a malformed token": (call("a.b"), {}),
    "a tampered token": (call(FORGED), {}),
    "another peer": (call(peer=Peer("spiffe://cluster.local/ns/a/sa/b", "192.0.2.9", "")), {}),
    "another workload than the agent's": (
        call(peer=Peer("spiffe://cluster.local/ns/a/sa/b", "", "")),
        {"agents": (agent(workloads=(Principal("spiffe://cluster.local/ns/a/sa/a"),)),)},
    ),
    "headers that pretend": (call(headers={"x-user-uid": "m"}, spoofed=("x-user-uid", "X_User_Uid")), {}),
    "an extra header in two spellings": (
        call(headers={"x_team": "m"}),
        {"policies": (policy(body=body(extra_headers=(ExtraHeader(name="x-team", claim="sub"),))),)},
    ),
    "a token that goes on": (call(), {"policies": (policy(body=body(forward_token=True)),)}),
    "a chain that is only noted": (
        call(),
        {"agents": (agent(acts_for=None),), "policies": (policy(body=body(mode=Mode.AUDIT)),)},
    ),
    "an agent that may use nothing": (call(), {"agents": (agent(scopes=()),)}),
    "a revoked user": (call(), {"revocations": (revoked(user="alice"),)}),
    "a tool": (mcp_call(tool_call()), {"policies": (policy(body=MCP),)}),
    "a base method": (mcp_call({"jsonrpc": "2.0", "id": 1, "method": "ping"}), {"policies": (policy(body=MCP),)}),
    "a public path": (call(None, path="/health"), {"policies": (policy(body=body(public_paths=("/health",))),)}),
    "an unknown key": (call(IDP.mint(header={"kid": "k9"})), {}),
    "no token": (call(None), {}),
}


class TestWarmEqualsCold:
    """A remembered proof answers as a fresh one: the same decision, the same evidence, the same bytes."""

    @pytest.mark.parametrize(("asked", "changes"), ASKED.values(), ids=ASKED.keys())
    @pytest.mark.parametrize("now", [NOW, NOW + 700], ids=["in time", "expired"])
    def test_whatever_is_asked(self, asked, changes, now):
        seen, proofs, warrants, answers, records = view(**changes), Proofs(), Warrants(), Answers(encode), Records()
        cold = decide(asked, seen, now, 0)
        for _ in range(4):  # proved, weighed again, kept, remembered
            warm = decide(asked, seen, now, 0, Memory(proofs.prove, warrants.weigh))
            assert warm.reason is cold.reason
            assert _plain(warm) == _plain(cold)
            for number in range(2):
                occasion = Occasion(str(uuid.UUID(int=number)), now * 10**9, 1, "sha256:0")
                assert answers.encode(warm, occasion.decision_id) == encode(cold, occasion.decision_id)
                assert records.encode(warm, occasion, 7) == record.encode(cold, occasion, 7)

    def test_one_token_at_two_targets(self):
        elsewhere = policy("other", targets=(policy().targets[0],), body=body(audiences=("https://x.example",)))
        memory, here, there = Memory(Proofs().prove, Warrants().weigh), view(), view(policies=(elsewhere,))
        assert decide(call(), here, NOW, 0, memory).reason is Reason.ALLOWED
        assert decide(call(), there, NOW, 0, memory).reason is Reason.TOKEN_AUDIENCE


def _plain(decision):
    # Grounds say whether the warrant is kept, and nothing of the decision.
    return (decision.ruling, decision.reason, decision.message, replace(decision.evidence, grounds=None))
