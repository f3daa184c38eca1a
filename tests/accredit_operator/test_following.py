import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_operator.following import Difference, Following
from accredit_operator.ports import DECLARED, NAMESPACES, Listing, Stored
from accredit_operator.world import Kind, ObjectKey
from fakes.objects import agent, issuer, revocation

AGENTS = DECLARED[Kind.AGENT_IDENTITY]
PLANNER = ("research", "planner")
KEY = ObjectKey(Kind.AGENT_IDENTITY, *PLANNER)


def stored(document, uid, version, **metadata):
    """The object as the API server would hold it."""
    whole = {**document, "metadata": {**document["metadata"], "uid": uid, "generation": version, **metadata}}
    whole["metadata"]["resourceVersion"] = str(version)
    return Stored(whole["metadata"].get("namespace", ""), whole["metadata"]["name"], uid, str(version), whole)


def planner(uid="a", version=1, **spec):
    return stored(agent(**spec), uid, version)


def feed(*events):
    """What is followed after events of (stored, is_gone)."""
    following = Following()
    for one, is_gone in events:
        following.on_events([(AGENTS, one, is_gone)])
    return following


def held(following):
    seen = following.seen(KEY)
    return None if seen is None else (seen.uid, seen.version)


class TestEvents:
    @pytest.mark.parametrize(
        ("events", "expected"),
        [
            pytest.param([("a", 1, False)], ("a", 1), id="one that came"),
            pytest.param([("a", 1, False), ("a", 2, False)], ("a", 2), id="a newer version"),
            pytest.param([("a", 2, False), ("a", 1, False)], ("a", 2), id="an older version late"),
            pytest.param([("a", 1, False), ("a", 2, True)], None, id="one that went"),
            pytest.param([("a", 2, True), ("a", 1, False)], None, id="its beginning after its end"),
            pytest.param([("b", 3, False), ("a", 2, True)], ("b", 3), id="the former one's end after its successor"),
            pytest.param([("b", 3, False), ("a", 4, True)], ("b", 3), id="the end of another object of that name"),
            pytest.param([("b", 3, False), ("b", 4, True), ("a", 1, False)], None, id="the former one after all"),
            pytest.param([("b", 3, False), ("b", 4, True), ("a", 1, False), ("a", 2, True)], None, id="and its end"),
            pytest.param([("a", 1, False), ("b", 3, False), ("a", 2, True), ("b", 4, True)], None, id="interleaved"),
        ],
    )
    def test_what_is_held_after(self, events, expected):
        assert held(feed(*((planner(uid, version), is_gone) for uid, version, is_gone in events))) == expected

    def test_a_new_status_changes_no_content(self):
        following = feed((planner(version=1), False))
        before = following.world
        same = stored(agent(), "a", 2, generation=1)
        changes = following.on_events(
            [(AGENTS, Stored(*PLANNER, "a", "2", {**same.document, "status": {"x": 1}}), False)]
        )
        assert changes == {(AGENTS, PLANNER): Difference.STATUS}
        assert following.world is before
        assert following.seen(KEY).status == {"x": 1}

    def test_a_changed_declaration_changes_the_world_and_no_other_object(self):
        following = feed((planner(version=1), False), (stored(agent("other"), "o", 2), False))
        other = ObjectKey(Kind.AGENT_IDENTITY, "research", "other")
        before = following.world
        assert following.on_events([(AGENTS, planner(version=3, suspended=True), False)]) == {
            (AGENTS, PLANNER): Difference.CONTENT
        }
        assert following.world.objects[KEY].spec.suspended
        assert following.world.objects[other] is before.objects[other]

    def test_an_object_made_anew_with_the_same_words_is_another(self):
        following = feed((planner("a", 1), False))
        changes = following.on_events([(AGENTS, planner("b", 2), False)])
        assert changes == {(AGENTS, PLANNER): Difference.CONTENT}

    def test_an_agent_that_is_being_deleted_counts_no_more_and_a_revocation_does(self):
        leaving = {"deletionTimestamp": "2026-11-24T10:00:00Z"}
        following = feed((planner(version=1), False))
        following.on_events([(AGENTS, stored(agent(), "a", 2, **leaving), False)])
        revocations = DECLARED[Kind.REVOCATION]
        following.on_events([(revocations, stored(revocation(tokenID="t"), "r", 3, **leaving), False)])
        assert {key.kind for key in following.world.objects} == {Kind.REVOCATION}

    def test_an_object_whose_structure_is_wrong_stays_with_its_raw_content(self):
        wrong = agent(suspended="no")
        following = feed((stored(wrong, "a", 1), False))
        thing = following.world.objects[KEY]
        assert (thing.spec, thing.raw_spec["suspended"]) == (None, "no")

    def test_namespaces_bring_labels_and_hosts(self):
        following = Following()
        document = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": "tools", "labels": {"a": "b"}, "annotations": {"accredit.dev/hosts": "x.example"}},
        }
        following.on_events([(NAMESPACES, stored(document, "n", 1), False)])
        assert following.world.namespaces["tools"].hosts == ("x.example",)
        following.on_events([(NAMESPACES, stored(document, "n", 2), True)])
        assert following.world.namespaces == {}


def listing(version, *objects):
    return Listing(objects, str(version))


class TestLists:
    def test_what_a_list_does_not_hold_is_gone(self):
        following = feed((planner(version=1), False))
        assert following.on_list(AGENTS, listing(5), following.newest(AGENTS)) == {(AGENTS, PLANNER)}
        assert following.world.objects == {}

    def test_what_came_after_the_list_was_made_stays(self):
        following = feed((planner(version=7), False))
        assert following.on_list(AGENTS, listing(5), 0) == set()
        assert held(following) == ("a", 7)

    def test_what_was_deleted_after_the_list_was_made_stays_gone(self):
        following = feed((planner(version=1), False), (planner(version=7), True))
        assert following.on_list(AGENTS, listing(5, planner(version=1)), 0) == set()
        assert held(following) is None

    def test_what_a_list_did_not_hold_does_not_come_back_by_a_late_event(self):
        following = Following()
        following.on_list(AGENTS, listing(5), 0)
        following.on_events([(AGENTS, planner(version=3), False)])
        assert held(following) is None

    def test_an_object_of_the_same_name_and_another_uid_is_found(self):
        following = feed((planner("a", 1), False))
        assert following.on_list(AGENTS, listing(9, planner("b", 8)), 1) == {(AGENTS, PLANNER)}

    def test_a_list_of_what_is_known_finds_nothing(self):
        following = feed((planner(version=3), False))
        assert following.on_list(AGENTS, listing(9, planner(version=3)), 3) == set()

    def test_a_history_that_was_rewritten_replaces_everything(self):
        """An etcd that was restored: what the list says is older than what was known, and is all there is."""
        following = feed((planner("a", 900), False), (stored(agent("late"), "l", 950), False))
        following.on_list(AGENTS, listing(400, planner("a", 300, suspended=True)), following.newest(AGENTS))
        assert held(following) == ("a", 300)
        assert [key.name for key in following.world.objects] == ["planner"]
        following.on_events([(AGENTS, planner("a", 401), False)])
        assert held(following) == ("a", 401)

    def test_kinds_are_listed_apart(self):
        following = feed((planner(version=3), False))
        following.on_list(DECLARED[Kind.TRUSTED_ISSUER], listing(9, stored(issuer(), "i", 2)), 0)
        assert {key.kind for key in following.world.objects} == {Kind.AGENT_IDENTITY, Kind.TRUSTED_ISSUER}


NAMES = ("a", "b")


@st.composite
def histories(draw):
    """What befell some names: (name, uid, version, spec or None where it was deleted), in the order of versions."""
    history, alive, uids = [], {}, 0
    for version in range(1, draw(st.integers(1, 14))):
        name = draw(st.sampled_from(NAMES))
        if name in alive and draw(st.booleans()):
            history.append((name, alive.pop(name), version, None))
            continue
        if name not in alive:
            uids += 1
            alive[name] = f"u{uids}"
        history.append((name, alive[name], version, draw(st.booleans())))
    return history


def event(name, uid, version, suspended):
    return AGENTS, stored(agent(name, suspended=bool(suspended)), uid, version), suspended is None


def state_at(history, version):
    """What the API server held at a version, as a list."""
    state = {}
    for name, uid, at, suspended in history:
        if at <= version:
            state[name] = None if suspended is None else stored(agent(name, suspended=suspended), uid, at)
    return listing(version, *(one for one in state.values() if one is not None))


class TestConvergence:
    """Events of one object come in order; those of different objects, of one name too, in any order."""

    @given(st.data())
    def test_all_events_in_any_order_give_what_the_api_server_holds(self, data):
        history = data.draw(histories())
        following = Following()
        for one in shuffled(data, history):
            following.on_events([event(*one)])
        assert following.world.objects.keys() == expected(history).world.objects.keys()
        assert following.world == expected(history).world

    @given(st.data())
    def test_a_list_at_the_end_makes_up_for_every_event_that_was_lost(self, data):
        history = data.draw(histories())
        heard = [one for one in history if data.draw(st.booleans())]
        lists = data.draw(st.lists(st.integers(0, len(history)), max_size=3).map(sorted))
        following = Following()
        for one in shuffled(data, heard):
            following.on_events([event(*one)])
            if lists and data.draw(st.booleans()):
                following.on_list(AGENTS, state_at(history, lists.pop(0)), 0)
        following.on_list(AGENTS, state_at(history, len(history)), following.newest(AGENTS))
        assert following.world == expected(history).world


def expected(history):
    following = Following()
    following.on_list(AGENTS, state_at(history, len(history)), 0)
    return following


def shuffled(data, history):
    """An order in which the events of each object keep theirs."""
    queues = {}
    for one in history:
        queues.setdefault(one[1], []).append(one)
    while queues:
        uid = data.draw(st.sampled_from(sorted(queues)))
        yield queues[uid].pop(0)
        if not queues[uid]:
            del queues[uid]
