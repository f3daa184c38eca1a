from typing import Any

import pytest

from accredit_extauthz.contract.names import Issuer, IssuerName
from accredit_extauthz.contract.snapshot import ExtraHeader, Identity
from accredit_extauthz.decide.authentication import Proof, prove
from accredit_extauthz.decide.chain import ProvedChain
from accredit_extauthz.decide.view import View
from accredit_extauthz.model.decision import Evidence
from accredit_extauthz.model.delegation import Subject
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import Refusal, Verdict
from fakes.issuer import FakeIssuer
from fakes.scene import CORP, IDP, agent, body, issuer_record, policy, view

ALICE = Subject(Issuer(IDP.issuer), "alice")
TYPED = view(issuers=(issuer_record(token_types=("at+jwt",)),))


def proved(seen: View | None = None, **claims: Any) -> Proof:
    return prove(IDP.mint(IDP.claims(**claims)), seen or view(), Evidence())


def refused(token: str, seen: View | None = None) -> tuple[Refusal, Evidence]:
    evidence = Evidence()
    with pytest.raises(Refusal) as caught:
        prove(token, seen or view(), evidence)
    return caught.value, evidence


def test_a_proof_holds_issuer_claims_and_chain() -> None:
    evidence = Evidence()
    proof = prove(IDP.mint(), view(), evidence)
    assert (proof.issuer.record.name, proof.claims.token_id) == (CORP, "t-1")
    assert isinstance(proof.chain, ProvedChain)
    assert proof.chain.delegation.user == ALICE
    assert (proof.chain.user_issuer_name, proof.chain.agents) == (CORP, {agent().ref})
    assert evidence == Evidence()


def test_of_the_claims_only_those_are_kept_that_something_reads_later() -> None:
    extras = (ExtraHeader(name="x-team", claim="/team/name"), ExtraHeader(name="x-city", claim="city"))
    seen = view(policies=(policy(body=body(extra_headers=extras)),))
    assert proved(seen, team={"name": "red"}, cost=1).claims.claims == {"sub": "alice", "team": {"name": "red"}}
    assert proved().claims.claims == {"sub": "alice"}


@pytest.mark.parametrize(
    ("changes", "user"),
    [
        pytest.param({}, ALICE, id="both as text"),
        pytest.param({"sub": 7}, None, id="a subject that is no text"),
        pytest.param({"sub": None}, None, id="no subject"),
    ],
)
def test_a_refused_token_leaves_what_it_says_of_itself(changes: dict[str, Any], user: Subject | None) -> None:
    forged = FakeIssuer().mint(IDP.claims(**changes))
    refusal, evidence = refused(forged)
    assert (refusal.reason, evidence.unverified_user) == (Reason.TOKEN_SIGNATURE, user)


@pytest.mark.parametrize("iss", [None, 7, ["https://idp.example"], "https://idp.example/", "HTTPS://IDP.EXAMPLE"])
def test_an_issuer_is_known_byte_for_byte(iss: object) -> None:
    refusal, evidence = refused(IDP.mint(IDP.claims(iss=iss)))
    assert refusal.reason is Reason.TOKEN_ISSUER
    assert str(iss)[:20] in refusal.message
    assert (evidence.unverified_user is None) is not isinstance(iss, str)


def test_an_issuer_that_is_not_usable_proves_nothing() -> None:
    refusal, _ = refused(IDP.mint(), view(issuers=(issuer_record(usable=False),)))
    assert refusal.reason is Reason.TOKEN_ISSUER


@pytest.mark.parametrize("typ", ["jwt", "id+jwt", "at-jwt", None])
def test_a_type_that_the_issuer_does_not_list_is_refused_by_name(typ: str | None) -> None:
    refusal, _ = refused(IDP.mint(header={"typ": typ}), TYPED)
    assert refusal.reason is Reason.TOKEN_TYPE
    assert f"'{typ or ''}'" in refusal.message


@pytest.mark.parametrize(
    ("kid", "noted"), [pytest.param("k9", (CORP, "k9"), id="one that is unknown"), pytest.param(None, None, id="none")]
)
def test_a_key_id_that_is_unknown_is_noted(kid: str | None, noted: tuple[IssuerName, str] | None) -> None:
    evidence = refused(FakeIssuer().mint(header={"kid": kid}))[1]
    assert evidence.unknown_kid == noted


def test_a_delegation_that_cannot_be_read_waits_for_its_turn() -> None:
    chain = proved(act={"sub": 7}).chain
    assert isinstance(chain, Verdict)
    assert chain.reason is Reason.ACTOR_MALFORMED
    assert "`act.sub`" in chain.message


@pytest.mark.parametrize(
    ("subject", "claims"),
    [
        pytest.param("alice", {}, id="the user's name"),
        pytest.param("agent:boss", {"sub": "agent:boss", "act": None}, id="an agent's own token"),
    ],
)
def test_a_user_that_is_an_agent_is_none(subject: str, claims: dict[str, Any]) -> None:
    boss = agent("boss", identities=(Identity(issuer=CORP, subject=subject),))
    chain = proved(view(agents=(agent(), boss)), **claims).chain
    assert isinstance(chain, Verdict)
    assert chain.reason is Reason.USER_INVALID
    assert chain.message.startswith("the token's user is an agent")
