from accredit_extauthz.contract.names import AgentRef
from accredit_extauthz.contract.snapshot import AgentSelector, Effect, ExtraHeader, UserSelector
from accredit_extauthz.decide.authentication import Proof, prove
from accredit_extauthz.decide.chain import ProvedChain
from accredit_extauthz.decide.target import find_governing
from accredit_extauthz.decide.view import View
from accredit_extauthz.decide.warrant import Warrant, weigh
from accredit_extauthz.model.decision import Evidence
from accredit_extauthz.model.governing import Governing
from accredit_extauthz.model.reason import Reason
from fakes.scene import IDP, agent, body, call, http_rule, policy, view


def weighed(seen: View, **claims: object) -> tuple[Proof, Governing, Warrant]:
    proof = prove(IDP.mint(IDP.claims(**claims)), seen, Evidence())
    governing = find_governing(call(), seen, Evidence())
    assert isinstance(proof.chain, ProvedChain)
    return proof, governing, weigh(proof, proof.chain, governing, seen)


def test_a_warrant_is_of_one_proof_where_one_set_of_policies_governs() -> None:
    proof, governing, warrant = weighed(view())
    assert warrant.proof is proof
    assert warrant.governing is governing


def test_an_empty_ceiling_is_a_verdict_that_waits_for_its_turn() -> None:
    assert weighed(view())[2].ceilings is None
    _, _, warrant = weighed(view(agents=(agent(scopes=()),)))
    assert warrant.ceilings is not None
    assert warrant.ceilings.reason is Reason.SCOPE_EXCEEDS_AGENT
    assert str(AgentRef("research", "planner")) in warrant.ceilings.message


def test_the_rules_that_mean_the_caller_are_kept_in_order() -> None:
    mine, other = AgentSelector(namespaces=("research",)), AgentSelector(namespaces=("else",))
    bob = UserSelector(subjects=("bob",))
    rules = tuple(
        http_rule(name=f"{effect}-{name}", effect=effect, scopes=(), agents=agents, users=users)
        for effect in (Effect.ALLOW, Effect.DENY)
        for name, agents, users in (("a", mine, None), ("b", other, None), ("c", mine, bob), ("d", None, None))
    )
    _, _, warrant = weighed(view(policies=(policy(body=body(rules=rules)),)))
    assert [placed.rule.name for placed in warrant.allow] == [f"{Effect.ALLOW}-a", f"{Effect.ALLOW}-d"]
    assert [placed.rule.name for placed in warrant.deny] == [f"{Effect.DENY}-a", f"{Effect.DENY}-d"]


def test_a_claim_becomes_a_header_if_it_is_plain() -> None:
    plain = {"text": "a", "number": 7, "yes": True, "no": False}
    extras = tuple(ExtraHeader(name=f"x-{name}", claim=name) for name in (*plain, "list", "absent"))
    _, _, warrant = weighed(view(policies=(policy(body=body(extra_headers=extras)),)), **plain, list=["a"])
    assert warrant.extra_headers == {
        "x-text": "a",
        "x-number": "7",
        "x-yes": "true",
        "x-no": "false",
        "x-list": None,
        "x-absent": None,
    }
