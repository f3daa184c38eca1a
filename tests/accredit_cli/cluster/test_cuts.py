import pytest

from accredit_cli.cluster import cuts
from accredit_cli.cluster.cuts import Span, Whom
from accredit_cli.resumption import NotSuspended
from accredit_extauthz.contract.names import AgentRef
from accredit_operator.compile.objects import read_object
from fakes.objects import Outcome, agent, issuer, policy

PLANNER = AgentRef("research", "planner")
T = 1_800_000_000  # 2027-01-15T08:00:00Z


def problems(document):
    return [str(problem) for problem in read_object(document).problems]


def snapshot(*documents):
    return Outcome(issuer(), policy(), *documents).snapshot


def refusals(*documents):
    return [verdict.message for verdict in Outcome(*documents).compiled.verdicts if not verdict.accepted]


def test_a_suspension_changes_nothing_else():
    before = agent(scopes=["a"])
    after = cuts.suspended(before)
    assert after["spec"] == before["spec"] | {"suspended": True}
    assert problems(after) == []
    assert "suspended" not in before["spec"]


@pytest.mark.parametrize(
    ("held", "written"),
    [
        pytest.param({}, "2027-01-15T08:00:00Z", id="none"),
        pytest.param({"revokedBefore": "2026-01-01T00:00:00Z"}, "2027-01-15T08:00:00Z", id="an earlier one"),
        pytest.param({"revokedBefore": "2028-01-01T00:00:00Z"}, "2028-01-01T00:00:00Z", id="a later one stays"),
    ],
)
def test_a_cut_never_gives_tokens_back(held, written):
    after = cuts.cut_before(agent(**held), T)
    assert after["spec"]["revokedBefore"] == written
    assert problems(after) == []


def test_a_resumed_agent_is_live_and_its_old_tokens_are_not():
    after = cuts.resumed(agent(suspended=True), T)
    assert (after["spec"]["suspended"], after["spec"]["revokedBefore"]) == (False, "2027-01-15T08:00:00Z")
    assert problems(after) == []
    held = cuts.agent_held(PLANNER, after["spec"])
    assert held(snapshot(after))
    assert not held(snapshot(agent(suspended=True)))


@pytest.mark.parametrize("changes", [{}, {"suspended": False}])
def test_an_agent_that_is_not_suspended_is_not_resumed(changes):
    with pytest.raises(NotSuspended):
        cuts.resumed(agent(**changes), T)


REVOCATIONS = [
    (Whom(issuer="corp-idp", user="alice"), Span()),
    (Whom(issuer="corp-idp", user="alice", agent=PLANNER), Span(before=T, expires_at=T + 4000)),
    (Whom(issuer="corp-idp", token_id="t-1"), Span(expires_at=T + 4000, reason="leaked")),
    (Whom(agent=PLANNER), Span()),
]


@pytest.mark.parametrize(("whom", "span"), REVOCATIONS)
def test_a_revocation_is_one_that_the_operator_accepts(whom, span):
    document = cuts.revocation("accredit-system", whom, span)
    assert problems(document) == []
    assert refusals(issuer(), agent(), document) == []
    assert cuts.revocation_held(document)(snapshot(agent(), document))
    assert not cuts.revocation_held(document)(snapshot(agent()))


def test_one_name_for_what_means_the_same_and_another_for_what_does_not():
    names = {cuts.revocation("a", whom, span)["metadata"]["name"] for whom, span in REVOCATIONS}
    assert len(names) == len(REVOCATIONS)
    whom, span = REVOCATIONS[0]
    again = cuts.revocation("a", whom, Span(reason="another reason"))
    assert again["metadata"]["name"] == cuts.revocation("a", whom, span)["metadata"]["name"]


def test_a_revocation_with_before_outlives_every_token_that_it_cuts():
    spec = issuer(maxTokenLifetime="2h", clockSkew="30s")["spec"]
    end = cuts.earliest_end(spec, T)
    accepted = cuts.revocation("accredit-system", Whom("corp-idp", "alice"), Span(T, end))
    assert refusals(issuer(maxTokenLifetime="2h", clockSkew="30s"), accepted) == []
    assert end > T + 2 * 3600 + 30
    assert cuts.earliest_end(issuer()["spec"], T) > T + 3600 + 5


def test_a_snapshot_holds_a_cut_when_it_says_no_less():
    wants = cuts.suspended(cuts.cut_before(agent(), T))["spec"]
    holds = cuts.agent_held(PLANNER, wants)
    assert not holds(snapshot())
    assert not holds(snapshot(agent()))
    assert not holds(snapshot(agent(suspended=True)))
    assert not holds(snapshot(agent(revokedBefore="2027-01-15T08:00:00Z")))
    assert not holds(snapshot(agent(suspended=True, revokedBefore="2027-01-15T07:59:59Z")))
    assert holds(snapshot(agent(suspended=True, revokedBefore="2027-01-15T08:00:00Z")))
    assert holds(snapshot(agent(suspended=True, revokedBefore="2028-01-15T08:00:00Z")))


def test_an_agent_that_is_denied_altogether_is_cut():
    holds = cuts.agent_held(PLANNER, {"suspended": True})
    assert holds(snapshot(agent(scopes=["tool:*:read"])))
