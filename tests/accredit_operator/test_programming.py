from accredit_operator.programming import Programming, Version
from accredit_operator.world import Kind, ObjectKey

KEY = ObjectKey(Kind.AGENT_IDENTITY, "research", "planner")
OTHER = ObjectKey(Kind.AGENT_IDENTITY, "research", "other")


def programmed(programming, key=KEY):
    return programming.carried(key).is_programmed


def test_it_is_programmed_once_everyone_serves_the_sequence_that_brought_it():
    programming = Programming()
    programming.on_published([(KEY, Version("a", 1))], 10)
    assert programming.on_served(9) == ()
    assert programming.is_waiting
    assert programming.on_served(10) == (KEY,)
    assert programmed(programming)
    assert not programming.is_waiting


def test_a_later_publication_of_the_same_version_changes_nothing():
    programming = Programming()
    programming.on_published([(KEY, Version("a", 1))], 10)
    programming.on_published([(KEY, Version("a", 1))], 20)
    assert programming.on_served(10) == (KEY,)


def test_a_new_generation_has_to_be_served_anew():
    programming = Programming()
    programming.on_published([(KEY, Version("a", 1))], 10)
    programming.on_served(10)
    programming.on_published([(KEY, Version("a", 2))], 20)
    assert not programmed(programming)


def test_so_has_another_object_of_that_name():
    programming = Programming()
    programming.on_published([(KEY, Version("a", 1))], 10)
    programming.on_served(10)
    programming.on_published([(KEY, Version("b", 1))], 20)
    assert not programmed(programming)


def test_it_stays_programmed_when_replicas_fall_behind():
    programming = Programming()
    programming.on_published([(KEY, Version("a", 1))], 10)
    programming.on_served(10)
    assert programming.on_served(0) == ()
    assert programmed(programming)


def test_what_a_status_says_is_believed_after_a_restart():
    programming = Programming()
    programming.on_published([(KEY, Version("a", 1)), (OTHER, Version("o", 1))], 10)
    programming.on_remembered(KEY)
    assert (programmed(programming), programmed(programming, OTHER)) == (True, False)
    assert programming.is_waiting


def test_what_is_gone_is_forgotten():
    programming = Programming()
    programming.on_published([(KEY, Version("a", 1))], 10)
    programming.forget([KEY])
    assert programming.carried(KEY) is None
    assert not programming.is_waiting
    assert programming.on_served(10) == ()
