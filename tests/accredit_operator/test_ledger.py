from dataclasses import replace

from accredit_operator.compile.compiler import Compiler
from accredit_operator.following import Following
from accredit_operator.ledger import Ledger
from accredit_operator.ports import DECLARED
from accredit_operator.replicas import Replica, Roll
from accredit_operator.world import Kind, ObjectKey
from fakes.cluster import FakeCluster
from fakes.leading import PREMISES
from fakes.objects import agent, issuer, revocation

NOW = 1_790_000_000
PLANNER = ObjectKey(Kind.AGENT_IDENTITY, "research", "planner")
LOST = ObjectKey(Kind.REVOCATION, "accredit-system", "lost")


class Book:
    """A ledger over a fake cluster: what is applied is heard of, compiled and published."""

    def __init__(self):
        self.cluster, self.following = FakeCluster(), Following()
        self.ledger = Ledger(self.following, lambda verdict, thing: None)
        self.compiler = Compiler(PREMISES)
        self.sequence = 0

    def apply(self, document, **status):
        stored = self.cluster.apply(DECLARED[document["kind"]], document)
        if status:
            stored = self.cluster.patch_status(
                DECLARED[document["kind"]],
                stored.namespace,
                stored.name,
                resource_version=stored.resource_version,
                status=status,
            )
        self.following.on_events([(DECLARED[document["kind"]], stored, False)])

    def remove(self, key):
        collection = DECLARED[key.kind]
        last = self.cluster.read(collection, key.namespace, key.name)
        self.cluster.remove(collection, key.namespace, key.name)
        version = self.cluster.list_all(collection).resource_version
        self.following.on_events([(collection, replace(last, resource_version=version), True)])

    def publish(self, *touched):
        self.sequence += 1
        compiled = self.compiler.compile(self.following.world, {})
        gone = self.ledger.on_compiled(compiled, touched, NOW)
        return gone, set(self.ledger.on_published(self.sequence))

    def served(self, sequence):
        return set(self.ledger.on_roll(Roll((Replica("r", sequence, 1, {}),))))

    def is_programmed(self, key=PLANNER):
        return self.ledger.occasion(key, NOW).carried.is_programmed


def book(*documents):
    made = Book()
    for document in documents:
        made.apply(document)
    return made


def test_what_changed_is_looked_at_and_nothing_else():
    made = book(issuer(), agent(), agent("other"))
    assert len(made.publish()[1]) == 3
    made.apply(agent(suspended=True))
    assert made.publish()[1] == {PLANNER}
    assert made.publish()[1] == set()


def test_an_object_that_was_made_anew_with_the_same_words_has_to_be_served_anew():
    made = book(agent())
    made.publish()
    made.served(1)
    assert made.is_programmed()
    made.cluster.remove(DECLARED[Kind.AGENT_IDENTITY], "research", "planner")
    made.apply(agent())
    assert made.publish(PLANNER)[1] == {PLANNER}
    assert not made.is_programmed()


def test_what_a_publication_that_failed_carried_is_carried_by_the_next():
    made = book(issuer(), agent())
    made.ledger.on_compiled(made.compiler.compile(made.following.world, {}), (), NOW)
    assert PLANNER in made.publish()[1]
    assert made.served(1) >= {PLANNER}


def test_a_generation_is_programmed_when_it_is_served_and_stays_so():
    made = book(issuer(), agent())
    made.publish()
    assert made.served(0) == set()
    assert made.ledger.is_waiting
    assert PLANNER in made.served(1)
    assert not made.ledger.is_waiting
    made.ledger.on_roll(Roll())
    assert made.is_programmed()
    made.apply(agent(suspended=True))
    made.publish()
    assert not made.is_programmed()


def test_a_status_that_says_so_is_believed_for_its_generation():
    said = {"type": "Programmed", "status": "True", "reason": "Programmed", "message": "", "observedGeneration": 1}
    made = Book()
    made.apply(agent(), conditions=[said])
    made.publish()
    assert made.is_programmed()
    made.apply(agent(suspended=True))
    made.publish()
    assert not made.is_programmed()


def test_what_is_gone_is_told_and_forgotten():
    made = book(issuer(), agent(expiresAt="2030-01-01T00:00:00Z"))
    made.publish()
    made.remove(PLANNER)
    assert made.publish()[0] == {PLANNER}
    assert made.ledger.occasion(PLANNER, NOW) is None
    assert made.ledger.due(2_000_000_000) == ()


def test_an_agent_is_due_when_it_expires():
    made = book(issuer(), agent(expiresAt="2026-09-21T14:13:21Z"))  # a second from now
    made.publish()
    assert made.ledger.due(NOW) == ()
    assert made.ledger.due(NOW + 1) == (PLANNER,)


def test_a_revocation_is_due_an_hour_after_its_end():
    made = book(issuer(), revocation(tokenID="t", issuerRef={"name": "corp-idp"}, expiresAt="2026-09-21T14:13:20Z"))
    made.publish()
    assert made.ledger.due(NOW + 3599) == ()
    assert made.ledger.due(NOW + 3600) == (LOST,)
    made.ledger.look_again(LOST, NOW + 3600)
    assert made.ledger.due(NOW + 3659) == ()
    assert made.ledger.due(NOW + 3660) == (LOST,)


def test_a_revocation_that_is_not_accepted_is_never_due():
    """It is applied without an end, because of which it is not accepted."""
    spec = {"agent": {"name": "planner"}, "before": "2026-09-21T14:00:00Z", "expiresAt": "2026-09-21T14:13:20Z"}
    made = book(issuer(), revocation(**spec))
    made.publish()
    assert made.ledger.due(NOW + 9999) == ()
