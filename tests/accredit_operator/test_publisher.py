"""Publishing into a fake cluster, with what can go wrong between any two writes."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_extauthz.contract.codec import assemble
from accredit_extauthz.contract.publication import BEAT_NAME, CONTENT, HEAD_NAME, decode_beat
from accredit_operator.ports import CONFIG_MAPS, Rejected, TransientError
from accredit_operator.publication import content_of
from accredit_operator.publisher import Fenced
from fakes.cluster import FakeCluster
from fakes.leading import HOME, Scene, on_loop
from fakes.publishing import ONE, TWO, head, parts, published, started


@on_loop
async def test_shards_come_before_the_head_that_names_them():
    scene = Scene()
    publisher = await started(scene)
    done = await publisher.publish(ONE)
    assert (done.is_new, done.shards_written, done.sequence) == (True, 2, publisher.sequence)
    created = [said.name for said in scene.cluster.said if said.verb == "create"]
    assert created[-1] == HEAD_NAME
    assert published(scene.cluster) == sorted(ONE.values())


@on_loop
async def test_one_change_writes_one_shard_and_the_head():
    scene = Scene()
    publisher = await started(scene)
    await publisher.publish(ONE)
    scene.cluster.said.clear()
    done = await publisher.publish({**ONE, "b-00": b'{"a":2}'})
    assert done.shards_written == 1
    assert [said.verb for said in scene.cluster.said] == ["create", "replace"]


@on_loop
async def test_what_stands_there_is_not_written_again():
    scene = Scene()
    publisher = await started(scene)
    first = await publisher.publish(ONE)
    scene.cluster.said.clear()
    again = await publisher.publish(dict(ONE))
    assert (again.is_new, again.sequence, again.digest) == (False, first.sequence, first.digest)
    assert scene.cluster.said == []


@on_loop
async def test_an_earlier_state_is_named_again_without_a_new_shard():
    scene = Scene()
    publisher = await started(scene)
    for state in (ONE, TWO, ONE):
        done = await publisher.publish(state)
    assert done.shards_written == 0
    assert published(scene.cluster) == sorted(ONE.values())


@on_loop
async def test_a_replica_that_serves_more_is_overtaken():
    scene = Scene()
    publisher = await started(scene)
    first = await publisher.publish(ONE)
    above = first.sequence + 1_000_000
    done = await publisher.publish(ONE, above=above)
    assert done.is_new
    assert done.sequence >= above


class TestFailures:
    @on_loop
    async def test_after_a_shard_that_failed_the_next_attempt_completes(self):
        scene = Scene()
        publisher = await started(scene)
        scene.cluster.fail("create", CONFIG_MAPS)
        with pytest.raises(TransientError):
            await publisher.publish(ONE)
        assert head(scene.cluster) is None
        await publisher.publish(ONE)
        assert published(scene.cluster) == sorted(ONE.values())

    @on_loop
    async def test_a_head_whose_answer_was_lost_is_found_to_stand(self):
        scene = Scene()
        publisher = await started(scene)
        await publisher.publish(ONE)
        scene.cluster.fail("replace", CONFIG_MAPS, name=HEAD_NAME, landed=True)
        with pytest.raises(TransientError):
            await publisher.publish(TWO)
        assert not (await publisher.publish(TWO)).is_new
        assert published(scene.cluster) == sorted(TWO.values())

    @on_loop
    async def test_a_head_that_was_lost_on_the_way_is_written_again(self):
        scene = Scene()
        publisher = await started(scene)
        await publisher.publish(ONE)
        scene.cluster.fail("replace", CONFIG_MAPS, name=HEAD_NAME)
        with pytest.raises(TransientError):
            await publisher.publish(TWO)
        assert (await publisher.publish(TWO)).is_new
        assert published(scene.cluster) == sorted(TWO.values())

    @on_loop
    async def test_who_was_overtaken_while_it_was_unsure_ends(self):
        scene = Scene()
        publisher = await started(scene)
        await publisher.publish(ONE)
        scene.cluster.fail("replace", CONFIG_MAPS, name=HEAD_NAME)
        with pytest.raises(TransientError):
            await publisher.publish(TWO)
        await started(Scene(scene.cluster, scene.clock, "successor"))
        with pytest.raises(Fenced):
            await publisher.publish(TWO)

    @on_loop
    async def test_a_shard_that_is_refused_leaves_the_head(self):
        scene = Scene()
        publisher = await started(scene)
        await publisher.publish(ONE)
        scene.cluster.fail("create", CONFIG_MAPS, error=Rejected("too large"))
        with pytest.raises(Rejected):
            await publisher.publish(TWO)
        assert published(scene.cluster) == sorted(ONE.values())

    @given(st.integers(0, 8), st.booleans(), st.sampled_from([ONE, TWO]))
    def test_a_crash_between_any_two_writes_is_completed_by_the_next_process(self, at, landed, last):
        """Whatever was written is sound or unnamed; the successor publishes all, with a sequence not lower."""
        cluster = FakeCluster()
        scene = Scene(cluster)

        async def first():
            publisher = await started(scene)
            await publisher.publish(ONE)
            writes = 0

            def crash(said):
                nonlocal writes
                if said.verb in ("create", "replace", "delete"):
                    writes += 1
                    if writes > at:
                        raise TransientError("the process is gone")

            setattr(cluster, "after_call" if landed else "before_call", crash)
            try:
                await publisher.publish(TWO)
                await publisher.beat()
                await publisher.publish(ONE)
            except TransientError:
                pass
            cluster.before_call = cluster.after_call = lambda said: None

        asyncio.run(first())
        assert published(cluster) is not None
        before = head(cluster).sequence

        async def second():
            publisher = await started(Scene(cluster, scene.clock, "successor"))
            await publisher.publish(last)

        asyncio.run(second())
        assert published(cluster) == sorted(last.values())
        assert head(cluster).sequence >= before


class TestBeat:
    def beat(self, cluster):
        return decode_beat(parts(cluster)[BEAT_NAME].document["data"][CONTENT])

    @on_loop
    async def test_it_says_the_sequence_and_when(self):
        scene = Scene()
        publisher = await started(scene)
        await publisher.beat()
        assert parts(scene.cluster) == {}
        await publisher.publish(ONE)
        await publisher.beat()
        first = self.beat(scene.cluster)
        scene.clock.advance(2)
        await publisher.beat()
        second = self.beat(scene.cluster)
        assert (first.sequence, second.written_at - first.written_at) == (publisher.sequence, 2)

    @pytest.mark.parametrize("is_there", [True, False], ids=["changed", "deleted"])
    def test_a_beat_that_another_touched_is_written_over_the_next_time(self, is_there):
        @on_loop
        async def played():
            scene = Scene()
            publisher = await started(scene)
            await publisher.publish(ONE)
            await publisher.beat()
            document = parts(scene.cluster)[BEAT_NAME].document
            scene.cluster.remove(CONFIG_MAPS, HOME, BEAT_NAME)
            if is_there:
                scene.cluster.apply(CONFIG_MAPS, {**document, "data": {}})
            scene.clock.advance(2)
            await publisher.beat()
            await publisher.beat()
            assert self.beat(scene.cluster).sequence == publisher.sequence

        played()


def test_a_reader_assembles_what_is_published():
    @on_loop
    async def played():
        scene = Scene()
        await (await started(scene)).publish({"cluster": b"{}"})
        found, named = parts(scene.cluster), head(scene.cluster)
        assert assemble(named, {name: content_of(found[name]) for name in named.shards}).sequence == named.sequence

    played()
