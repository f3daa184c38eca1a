import pytest

from accredit_cli.cluster import cuts
from accredit_cli.cluster.witness import Leases, OwnCondition, find_witness, wait
from accredit_cli.cluster.writes import change_agent
from accredit_extauthz.contract.names import AgentRef
from accredit_operator.ports import CONFIG_MAPS, DECLARED, LEASES, Forbidden, TransientError
from accredit_operator.world import Kind
from fakes.clock import FakeClock
from fakes.objects import agent, issuer
from fakes.published_cluster import HOME, PublishedCluster

PLANNER = AgentRef("research", "planner")
AGENTS = DECLARED[Kind.AGENT_IDENTITY]


class Scene:
    """An agent that was suspended just now; sequence 1 is from before that."""

    def __init__(self):
        self.clock = FakeClock()
        self.cluster = PublishedCluster()
        self.cluster.declare(issuer(), agent())
        self.cluster.publish(1)
        self.cluster.serve("a", 1)
        self.cluster.serve("b", 1)
        self.written = change_agent(self.cluster, PLANNER, cuts.suspended)
        self.steps = []

    def witness(self):
        return find_witness(self.cluster, HOME, self.clock, self.written)

    def wait(self, witness=None, within_s=30):
        """Wait; each pause takes the next step, and as long as the pause."""
        steps = iter(self.steps)

        def pause(seconds):
            self.clock.advance(seconds)
            next(steps, lambda: None)()

        return wait(witness or self.witness(), self.clock, self.clock.ticks_ns(), within_s, pause)


@pytest.fixture
def scene():
    return Scene()


def test_it_is_served_when_the_last_replica_serves_the_sequence_that_holds_it(scene):
    scene.steps = [
        lambda: scene.cluster.publish(2),
        lambda: scene.cluster.serve("a", 2),
        lambda: scene.cluster.serve("b", 3),
    ]
    waited = scene.wait()
    assert waited.progress.is_served
    assert waited.progress.sequence == 2
    assert waited.seconds == pytest.approx(0.3)


def test_a_later_sequence_that_does_not_hold_it_is_not_enough(scene):
    """The operator may publish something else first: that replicas serve it says nothing."""
    scene.cluster.declare(agent())  # what the operator still sees
    scene.cluster.publish(2)
    scene.cluster.serve("a", 2)
    scene.cluster.serve("b", 2)
    waited = scene.wait(within_s=1)
    assert not waited.progress.is_served
    assert waited.progress.sequence is None


def test_one_replica_behind_is_not_served_and_is_named(scene):
    scene.cluster.publish(2)
    scene.cluster.serve("a", 2)
    waited = scene.wait(within_s=1)
    assert not waited.progress.is_served
    assert [one.name for one in waited.progress.replicas if one.sequence < waited.progress.sequence] == ["b"]


def test_a_replica_that_is_gone_is_waited_for_until_its_lease_is_over(scene):
    scene.cluster.publish(2)
    renewals = iter(range(2, 1000))
    scene.steps = [lambda: scene.cluster.serve("a", 2, renewed=str(next(renewals)))] * 400
    waited = scene.wait()
    assert waited.progress.is_served
    assert 15 <= waited.seconds < 16


def test_without_replicas_nobody_serves_it(scene):
    for name in ("a", "b"):
        scene.cluster.remove(LEASES, HOME, name)
    scene.cluster.publish(2)
    assert not scene.wait(within_s=1).progress.is_served


def test_an_api_server_that_stumbles_is_asked_again(scene):
    scene.cluster.publish(2)
    scene.cluster.serve("a", 2)
    scene.cluster.serve("b", 2)
    scene.cluster.fail("list", LEASES, error=TransientError("no connection"), times=3)
    assert scene.wait().progress.is_served


def test_an_api_server_that_never_answers_is_given_up(scene):
    scene.cluster.fail("read", CONFIG_MAPS, error=TransientError("no connection"), times=1000)
    waited = scene.wait(within_s=2)
    assert not waited.progress.is_served
    assert waited.seconds == pytest.approx(2, abs=0.2)


@pytest.mark.parametrize("hidden", [CONFIG_MAPS, LEASES], ids=["the publication", "the Leases"])
def test_who_may_not_see_the_replicas_asks_the_object(scene, hidden):
    scene.cluster.fail("", hidden, error=Forbidden("no"), times=1000)
    scene.cluster.publish(2)
    witness = scene.witness()
    assert isinstance(witness, OwnCondition)
    assert not witness.look().is_served
    for generation, served in ((1, False), (2, True)):
        programmed(scene.cluster, generation)
        assert witness.look().is_served is served


def programmed(cluster, generation):
    stored = cluster.list_all(AGENTS).items[0]
    condition = {"type": "Programmed", "status": "True", "reason": "Programmed", "message": "x"}
    status = {"conditions": [{**condition, "observedGeneration": generation}]}
    cluster.patch_status(AGENTS, stored.namespace, stored.name, resource_version=stored.resource_version, status=status)


def test_who_may_see_them_asks_the_replicas(scene):
    assert isinstance(scene.witness(), Leases)
