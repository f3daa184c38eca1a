import pytest

from accredit_cli.cluster import cuts
from accredit_cli.cluster.cuts import Span, Whom
from accredit_cli.cluster.writes import change_agent, create_revocation
from accredit_extauthz.contract.names import AgentRef
from accredit_operator.ports import DECLARED, Conflict, NotFound, Rejected
from accredit_operator.world import Kind
from fakes.objects import agent
from fakes.published_cluster import PublishedCluster

PLANNER = AgentRef("research", "planner")
AGENTS, REVOCATIONS = DECLARED[Kind.AGENT_IDENTITY], DECLARED[Kind.REVOCATION]
LOST = cuts.revocation("accredit-system", Whom("corp-idp", "alice"), Span(reason="laptop lost"))


@pytest.fixture
def cluster():
    made = PublishedCluster()
    made.declare(agent())
    return made


def test_the_generation_is_that_of_the_change(cluster):
    written = change_agent(cluster, PLANNER, cuts.suspended)
    assert (str(written.key), written.generation, written.spec["suspended"]) == (
        "AgentIdentity research/planner",
        2,
        True,
    )
    assert change_agent(cluster, PLANNER, cuts.suspended).generation == 2


def test_a_write_that_meets_another_is_made_again_on_the_new_version(cluster):
    other = agent(displayName="Another name")
    cluster.before_call = lambda said: said.verb == "replace" and meet(cluster, other)
    written = change_agent(cluster, PLANNER, cuts.suspended)
    assert written.spec["suspended"] is True
    assert written.spec["displayName"] == "Another name"


def meet(cluster, other):
    cluster.before_call = lambda said: None
    cluster.declare(other)


def test_it_gives_up_on_an_object_that_changes_all_the_time(cluster):
    cluster.fail("replace", AGENTS, error=Conflict("another version"), times=100)
    with pytest.raises(Conflict):
        change_agent(cluster, PLANNER, cuts.suspended)
    assert 0 < len([said for said in cluster.said if said.verb == "replace"]) < 10


def test_an_agent_that_is_not_there_is_said_so(cluster):
    with pytest.raises(NotFound):
        change_agent(cluster, AgentRef("research", "nobody"), cuts.suspended)


def test_the_same_revocation_twice_is_one(cluster):
    first = create_revocation(cluster, LOST)
    again = create_revocation(cluster, cuts.revocation("accredit-system", Whom("corp-idp", "alice"), Span()))
    assert (again.key, again.generation, again.spec["reason"]) == (first.key, first.generation, "laptop lost")
    assert len(cluster.list_all(REVOCATIONS).items) == 1


def test_a_revocation_of_that_name_that_says_less_is_no_revocation(cluster):
    narrower = {**LOST, "spec": {**LOST["spec"], "before": "2020-01-01T00:00:00Z"}}
    cluster.declare(narrower)
    with pytest.raises(Rejected):
        create_revocation(cluster, LOST)
