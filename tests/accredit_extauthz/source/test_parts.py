from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accredit_extauthz.contract.codec import assemble, digest, encode_head
from accredit_extauthz.contract.publication import BEAT_NAME, HEAD_NAME
from accredit_extauthz.contract.snapshot import FORMAT, Head, Shard, Snapshot
from accredit_extauthz.source.parts import Change, Confirm, Ignore, Keep, Outcome, Part, Parts, Reject, Serve
from fakes import scene
from fakes.publication import Publication, beat, flipped, part_of, publication, world

P1, P2, P3 = publication(1), publication(2), publication(3)


def part(name: str, content: bytes | None) -> Part:
    return Part(name, part_of(name), content)


def parts_of(contents: Mapping[str, bytes | None]) -> list[Part]:
    return [part(name, content) for name, content in contents.items()]


class Reader:
    """Parts that serve what they offer at once, and keep account of it."""

    def __init__(self, *published: Publication) -> None:
        self.parts = Parts()
        self.served: list[Snapshot] = []
        for each in published:
            self.take(self.parts.on_list(parts_of(each.contents())))

    def take(self, outcome: Outcome) -> Outcome:
        if isinstance(outcome, Serve):
            self.served.append(outcome.snapshot)
            self.parts.mark_served(outcome.snapshot)
        return outcome

    def put(self, name: str, content: bytes | None) -> Outcome:
        return self.take(self.parts.on_event(Change.KEPT, part(name, content)))

    def drop(self, name: str) -> Outcome:
        return self.take(self.parts.on_event(Change.GONE, part(name, None)))

    def publish(self, published: Publication) -> Outcome:
        outcomes = [self.put(name, content) for name, content in published.contents().items()]
        return outcomes[-1]


def test_a_list_with_a_whole_publication_is_served():
    assert Reader(P1).served == [assemble(P1.head, P1.shards)]


def test_events_bring_the_next_one_and_it_is_served_with_its_head():
    reader = Reader(P1)
    outcomes = [reader.put(name, content) for name, content in P2.contents().items()]
    assert [type(outcome) for outcome in outcomes] == [Keep, Keep, Serve]
    assert reader.served[-1] == assemble(P2.head, P2.shards)


def test_one_change_decodes_one_shard():
    reader = Reader(P1)
    fresh = world(2)["00"]
    both = publication(2, {"00": fresh})
    kept = next(name for name in P1.shards if "cluster" in name)
    head = Head(writer="w", sequence=2, format=FORMAT, shards={**both.head.shards, kept: P1.head.shards[kept]})
    reader.publish(Publication(head, both.shards))
    assert reader.served[-1].issuers[0] is reader.served[0].issuers[0]
    assert reader.served[-1].agents == fresh.agents


HEAD_2 = P2.contents()[HEAD_NAME]
BROKEN_HEADS = {
    "not JSON": b"{",
    "empty": b"",
    "without content": None,
    "not UTF-8": b"\xff\xfe",
    "cut": HEAD_2[:-3],
    "of a newer format": publication(2, format_=FORMAT + 1).contents()[HEAD_NAME],
}


@pytest.mark.parametrize("name", BROKEN_HEADS)
def test_the_last_good_is_kept_over_a_head_that_is(name):
    reader = Reader(P1)
    for shard, content in P2.shards.items():
        reader.put(shard, content)
    assert isinstance(reader.put(HEAD_NAME, BROKEN_HEADS[name]), Reject)
    assert reader.put(HEAD_NAME, BROKEN_HEADS[name]) == Keep()
    assert not reader.parts.is_incomplete
    assert isinstance(reader.put(HEAD_NAME, HEAD_2), Serve)


def test_a_newer_format_is_named_with_the_one_that_is_read():
    rejected = Reader(P1).publish(publication(2, format_=FORMAT + 1))
    assert isinstance(rejected, Reject)
    assert f"format {FORMAT + 1}" in rejected.message


def test_a_deleted_head_keeps_the_last_good_and_may_come_back():
    reader = Reader(P1)
    assert isinstance(reader.drop(HEAD_NAME), Reject)
    assert reader.put(HEAD_NAME, P1.contents()[HEAD_NAME]) == Keep()
    assert isinstance(reader.publish(P2), Serve)


def test_nothing_published_is_said_once():
    reader = Reader()
    assert isinstance(reader.parts.on_list([]), Reject)
    assert reader.parts.on_list([]) == Keep()


def test_an_older_head_is_ignored_and_said_once():
    reader = Reader(P2)
    assert reader.publish(P1) == Ignore(sequence=1, serving=2)
    assert reader.put(HEAD_NAME, P1.contents()[HEAD_NAME]) == Keep()
    assert [snapshot.sequence for snapshot in reader.served] == [2]


def test_other_content_under_the_same_sequence_is_ignored():
    reader = Reader(P1)
    other = publication(1, world(1, suspended=True))
    assert reader.publish(other) == Ignore(sequence=1, serving=1)


def test_the_same_snapshot_by_another_writer_is_the_same():
    reader = Reader(P1)
    head = Head(writer="another", sequence=1, format=FORMAT, shards=P1.head.shards)
    assert reader.put(HEAD_NAME, encode_head(head)) == Keep()


@pytest.mark.parametrize("lost", list(P2.shards), ids=["the cluster's shard", "a bucket's shard"])
def test_a_head_before_its_shard_waits_for_it(lost):
    reader = Reader(P1)
    for name, content in P2.contents().items():
        if name != lost:
            outcome = reader.put(name, content)
    # The cluster's shard is the same in both, so it was verified before and need not be there.
    expected = "cluster" not in lost
    assert isinstance(outcome, Reject) is expected
    assert reader.parts.is_incomplete is expected
    reader.put(lost, P2.shards[lost])
    assert not reader.parts.is_incomplete
    assert reader.served[-1].sequence == 2


def test_a_corrupt_shard_keeps_the_last_good_until_a_list_brings_the_right_one():
    reader = Reader(P1)
    contents = {**P2.contents()}
    name = next(name for name in P2.shards if "00" in name)
    contents[name] = flipped(contents[name])
    rejected = [reader.put(each, content) for each, content in contents.items()][-1]
    assert isinstance(rejected, Reject)
    assert name in rejected.message
    assert reader.parts.is_incomplete
    assert reader.take(reader.parts.on_list(parts_of(contents))) == Keep()
    assert isinstance(reader.take(reader.parts.on_list(parts_of(P2.contents()))), Serve)


def test_deleting_shards_that_are_served_changes_nothing():
    reader = Reader(P1)
    assert [reader.drop(name) for name in P1.shards] == [Keep(), Keep()]
    assert not reader.parts.is_incomplete


def test_a_shard_that_loses_its_label_is_no_shard():
    reader = Reader(P1)
    name = next(name for name in P2.shards if "00" in name)
    for shard, content in P2.shards.items():
        reader.put(shard, content)
    reader.take(reader.parts.on_event(Change.KEPT, Part(name, "other", P2.shards[name])))
    assert isinstance(reader.put(HEAD_NAME, HEAD_2), Reject)


def test_a_head_by_another_name_is_no_head():
    reader = Reader(P1)
    for shard, content in P2.shards.items():
        reader.put(shard, content)
    assert reader.take(reader.parts.on_event(Change.KEPT, Part("accredit-head-2", "head", HEAD_2))) == Keep()


@pytest.mark.parametrize(
    ("content", "confirms"),
    [
        pytest.param(beat(1), True, id="of what is served"),
        pytest.param(beat(2), False, id="of a newer snapshot"),
        pytest.param(beat(0), False, id="of an older one"),
        pytest.param(b"{", False, id="that cannot be read"),
        pytest.param(None, False, id="without content"),
    ],
)
def test_a_beat_confirms_the_view_only_when_it_is(content, confirms):
    assert Reader(P1).put(BEAT_NAME, content) == (Confirm() if confirms else Keep())


def test_a_beat_in_a_list_confirms_nothing_because_it_may_be_old():
    reader = Reader(P1)
    assert reader.take(reader.parts.on_list(parts_of({**P1.contents(), BEAT_NAME: beat(1)}))) == Keep()


def test_a_beat_before_anything_is_served_confirms_nothing():
    assert Reader().put(BEAT_NAME, beat(1)) == Keep()


@pytest.mark.parametrize(
    ("seen", "agrees"),
    [
        pytest.param({HEAD_NAME: P1.contents()[HEAD_NAME], BEAT_NAME: beat(1)}, True, id="as held"),
        pytest.param({HEAD_NAME: P1.contents()[HEAD_NAME], BEAT_NAME: beat(1, 2.0)}, False, id="a beat went by"),
        pytest.param({HEAD_NAME: HEAD_2, BEAT_NAME: beat(1)}, False, id="a head went by"),
        pytest.param({BEAT_NAME: beat(1)}, False, id="the head is gone"),
    ],
)
def test_a_fresh_look_tells_whether_the_watch_missed_something(seen, agrees):
    reader = Reader(P1)
    reader.put(BEAT_NAME, beat(1))
    assert reader.parts.agrees_with(parts_of(seen)) is agrees


def test_what_could_not_be_built_is_not_offered_again():
    parts = Parts()
    assert isinstance(parts.on_list(parts_of(P1.contents())), Serve)
    assert parts.on_event(Change.GONE, part("accredit-shard-x-0", None)) == Keep()
    assert parts.on_list(parts_of(P1.contents())) == Keep()
    assert isinstance(parts.on_list(parts_of(P2.contents())), Serve)


# --- the law: any interleaving ends in the newest consistent head, or the last good one, and never in a mixture

BUCKETS = ("00", "7f", "ff")
STEPS = st.one_of(
    st.tuples(st.just("publish"), st.sets(st.sampled_from(BUCKETS)), st.integers(1, 3)),
    st.tuples(st.just("corrupt"), st.integers(0, 9)),
    st.tuples(st.just("delete shard"), st.integers(0, 9)),
    st.tuples(st.just("delete head")),
    st.tuples(st.just("restore"), st.integers(0, 9)),
    st.tuples(st.just("deliver"), st.integers(1, 4)),
    st.tuples(st.just("list")),
)


class Cluster:
    """An API server with one writer, its history, and a reader that watches it."""

    def __init__(self) -> None:
        self.now: dict[str, bytes] = {}
        self.history: list[tuple[Change, str, bytes | None]] = []
        self.buckets: dict[str, tuple[str, bytes]] = {}
        self.heads: dict[int, Head] = {}
        self.true: dict[int, Snapshot] = {}  # what the writer meant by each sequence
        self.sequence = 0
        self.reader = Reader()
        self.seen = 0  # of the history

    def write(self, name: str, content: bytes | None) -> None:
        self.history.append((Change.GONE if content is None else Change.KEPT, name, content))
        if content is None:
            self.now.pop(name, None)
        else:
            self.now[name] = content

    def publish(self, changed: set[str], step: int) -> None:
        self.sequence += step
        for bucket in changed:
            label = {"at": f"{bucket}-{self.sequence}"}
            each = publication(self.sequence, {bucket: Shard(agents=(scene.agent(bucket, labels=label),))})
            ((name, content),) = each.shards.items()
            self.buckets[bucket] = (name, content)
            self.write(name, content)
        shards = dict(self.buckets.values())
        head = Head(writer="w", sequence=self.sequence, format=FORMAT, shards=digests(shards))
        self.heads[self.sequence] = head
        self.true[self.sequence] = assemble(head, shards)
        self.write(HEAD_NAME, encode_head(head))

    def corrupt(self, which: int) -> None:
        if names := sorted(name for name in self.now if name != HEAD_NAME):
            name = names[which % len(names)]
            self.write(name, flipped(self.now[name]))

    def delete_shard(self, which: int) -> None:
        if names := sorted(name for name in self.now if name != HEAD_NAME):
            self.write(names[which % len(names)], None)

    def delete_head(self) -> None:
        if HEAD_NAME in self.now:
            self.write(HEAD_NAME, None)

    def restore(self, which: int) -> None:
        if self.heads:
            self.write(HEAD_NAME, encode_head(self.heads[sorted(self.heads)[which % len(self.heads)]]))

    def deliver(self, count: int) -> None:
        for change, name, content in self.history[self.seen : self.seen + count]:
            self.reader.take(self.reader.parts.on_event(change, part(name, content)))
            self.seen += 1

    def list(self) -> None:
        self.reader.take(self.reader.parts.on_list(parts_of(self.now)))
        self.seen = len(self.history)

    def newest_consistent(self) -> int | None:
        """The sequence of the head that stands, when all that it names stands as named."""
        head = next((head for head in self.heads.values() if encode_head(head) == self.now.get(HEAD_NAME)), None)
        if head is None or digests({name: self.now.get(name, b"") for name in head.shards}) != head.shards:
            return None
        return head.sequence


def digests(shards: Mapping[str, bytes]) -> dict[str, str]:
    return {name: digest(content) for name, content in shards.items()}


@settings(max_examples=300, deadline=None)
@given(st.lists(STEPS, max_size=25))
def test_any_interleaving_ends_in_the_newest_consistent_head_or_the_last_good_one(steps):
    cluster = Cluster()
    for name, *given_ in steps:
        getattr(cluster, name.replace(" ", "_"))(*given_)
        served = [snapshot.sequence for snapshot in cluster.reader.served]
        assert served == sorted(set(served)), "a served sequence only rises"
    for snapshot in cluster.reader.served:
        assert snapshot == cluster.true[snapshot.sequence], "a mixture was served"
    before = cluster.reader.served[-1].sequence if cluster.reader.served else 0
    cluster.list()
    after = cluster.reader.served[-1].sequence if cluster.reader.served else 0
    newest = cluster.newest_consistent()
    if newest is not None:
        assert after == max(before, newest)
    assert after >= before
