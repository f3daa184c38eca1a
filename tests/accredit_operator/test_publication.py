import pytest

from accredit_extauthz.contract.codec import decode_head, digest
from accredit_extauthz.contract.publication import CONTENT, PART, Beat, decode_beat
from accredit_extauthz.contract.snapshot import Head
from accredit_operator.ports import Stored
from accredit_operator.publication import (
    NewShard,
    beat_document,
    head_document,
    is_superseded,
    names_the_same,
    next_sequence,
    plan,
    read_head,
    read_lying,
    shard_document,
)

ANCHOR = Stored("ns", "accredit-anchor", "uid-of-anchor", "7", {})


def wanted(**contents):
    return {bucket.replace("_", "-"): (digest(data), data) for bucket, data in contents.items()}


def planned(lying, **contents):
    return plan(lying, wanted(**contents), writer="me", sequence=9)


def lies(document, version="1"):
    metadata = document["metadata"]
    return Stored(metadata["namespace"], metadata["name"], "uid", version, document)


class TestSequence:
    @pytest.mark.parametrize(
        ("last", "now_ms", "expected"),
        [
            pytest.param(0, 5000, 5000, id="the first is the time"),
            pytest.param(4000, 5000, 5000, id="later on too"),
            pytest.param(5000, 5000, 5001, id="twice in a millisecond"),
            pytest.param(9000, 5000, 9001, id="with a clock that was set back"),
        ],
    )
    def test_it_only_rises(self, last, now_ms, expected):
        assert next_sequence(last, now_ms * 1_000_000 + 999_999) == expected


class TestPlan:
    def test_everything_is_new_at_first(self):
        made = planned({}, b_00=b"{}", cluster=b'{"a":1}')
        assert [shard.name for shard in made.shards] == ["accredit-shard-b-00-9", "accredit-shard-cluster-9"]
        assert made.head.shards == {shard.name: digest(shard.content) for shard in made.shards}
        assert (made.head.writer, made.head.sequence) == ("me", 9)

    def test_what_lies_there_is_named_and_not_written(self):
        made = planned({digest(b"{}"): "accredit-shard-b-00-3"}, b_00=b"{}", cluster=b'{"a":1}')
        assert [shard.name for shard in made.shards] == ["accredit-shard-cluster-9"]
        assert set(made.head.shards) == {"accredit-shard-b-00-3", "accredit-shard-cluster-9"}

    def test_equal_shards_are_written_once(self):
        assert len(planned({}, b_00=b"{}", b_01=b"{}").shards) == 1

    def test_no_writer_and_no_sequence_makes_a_difference(self):
        first = planned({}, b_00=b"{}").head
        again = plan({digest(b"{}"): "accredit-shard-b-00-9"}, wanted(b_00=b"{}"), writer="other", sequence=10).head
        assert names_the_same(first, again)
        assert not names_the_same(None, again)


class TestDocuments:
    def test_a_shard_is_immutable_and_belongs_to_the_installation(self):
        document = shard_document("ns", NewShard("accredit-shard-b-00-9", "d", b"{}"), ANCHOR)
        assert document["immutable"] is True
        assert document["data"] == {CONTENT: "{}"}
        assert document["metadata"]["labels"] == {PART: "shard"}
        assert [owner["uid"] for owner in document["metadata"]["ownerReferences"]] == ["uid-of-anchor"]

    def test_without_an_installation_it_belongs_to_nothing(self):
        document = shard_document("ns", NewShard("accredit-shard-b-00-9", "d", b"{}"), None)
        assert "ownerReferences" not in document["metadata"]

    def test_head_and_beat_read_back(self):
        head = Head(writer="me", sequence=9, format=1, shards={"a": "sha256:0"})
        document = head_document("ns", head, None, "4")
        assert read_head(lies(document)) == head
        assert document["metadata"]["resourceVersion"] == "4"
        beat = Beat(writer="me", sequence=9, written_at=1.5)
        assert decode_beat(beat_document("ns", beat, None)["data"][CONTENT]) == beat

    def test_names_with_a_part_are_names_of_objects(self):
        (shard,) = plan({}, {"b-00.1": ("d", b"{}")}, writer="me", sequence=9).shards
        assert shard.name == "accredit-shard-b-00.1-9"


class TestWhatLies:
    def shard(self, name, content=b"{}"):
        return lies(shard_document("ns", NewShard(name, "", content), None))

    def test_the_highest_sequence_of_anything_counts(self):
        head = lies(head_document("ns", Head(writer="x", sequence=5, format=1, shards={}), None))
        assert read_lying([head]).last_sequence == 5
        assert read_lying([head, self.shard("accredit-shard-b-00-8")]).last_sequence == 8
        assert read_lying([]).last_sequence == 0

    def test_a_head_that_cannot_be_read_is_none(self):
        broken = lies({"metadata": {"namespace": "ns", "name": "accredit-head"}, "data": {CONTENT: "{"}})
        assert read_head(broken) is None
        assert read_head(lies({"metadata": {"namespace": "ns", "name": "accredit-head"}})) is None

    def test_of_two_equal_shards_the_one_that_the_head_names_is_named_again(self):
        lying = read_lying([self.shard("accredit-shard-b-00-3"), self.shard("accredit-shard-b-00-8")])
        head = Head(writer="x", sequence=5, format=1, shards={"accredit-shard-b-00-3": digest(b"{}")})
        assert lying.nameable(head) == {digest(b"{}"): "accredit-shard-b-00-3"}

    def test_a_shard_that_is_not_as_the_head_says_is_not_named_for_it(self):
        lying = read_lying([self.shard("accredit-shard-b-00-3", b"[]")])
        head = Head(writer="x", sequence=5, format=1, shards={"accredit-shard-b-00-3": digest(b"{}")})
        assert digest(b"{}") not in lying.nameable(head)

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            pytest.param("accredit-shard-b-00-4", True, id="older, and not named"),
            pytest.param("accredit-shard-b-00-3", False, id="named"),
            pytest.param("accredit-shard-b-00-6", False, id="newer: someone may be about to name it"),
            pytest.param("something-else-4", False, id="no shard"),
        ],
    )
    def test_what_is_superseded(self, name, expected):
        head = Head(writer="x", sequence=5, format=1, shards={"accredit-shard-b-00-3": "d"})
        assert is_superseded(name, head) is expected


def test_a_head_is_canonical_text():
    head = Head(writer="me", sequence=9, format=1, shards={"b": "2", "a": "1"})
    assert decode_head(head_document("ns", head, None)["data"][CONTENT].encode()) == head
