"""A publisher that finds its publication harmed, or parts that nobody names."""

import pytest

from accredit_extauthz.contract.publication import CONTENT, HEAD_NAME
from accredit_operator.ports import CONFIG_MAPS, Conflict, NotFound, TransientError
from fakes.leading import HOME, Scene, on_loop
from fakes.publishing import ONE, TWO, head, parts, published, shards, started


class TestHarm:
    async def harmed(self, scene, harm):
        publisher = await started(scene)
        await publisher.publish(ONE)
        old = parts(scene.cluster)[HEAD_NAME].document
        await publisher.publish(TWO)
        harm(scene.cluster, old)
        return publisher

    @pytest.mark.parametrize(
        "harm",
        [
            pytest.param(lambda cluster, old: cluster.remove(CONFIG_MAPS, HOME, HEAD_NAME), id="deleted"),
            pytest.param(lambda cluster, old: cluster.apply(CONFIG_MAPS, old), id="an old one restored"),
            pytest.param(
                lambda cluster, old: cluster.apply(CONFIG_MAPS, {**old, "data": {CONTENT: "{"}}), id="unreadable"
            ),
        ],
    )
    def test_a_head_that_is_not_as_it_was_written_is_published_above(self, harm):
        @on_loop
        async def played():
            scene = Scene()
            publisher = await self.harmed(scene, harm)
            before = publisher.sequence
            assert await publisher.check_head() is False
            done = await publisher.publish(TWO)
            assert done.is_new
            assert done.sequence > before
            assert published(scene.cluster) == sorted(TWO.values())
            assert await publisher.check_head() is True

        played()

    @on_loop
    async def test_a_deleted_head_that_nobody_noticed_is_made_again(self):
        scene = Scene()
        publisher = await self.harmed(scene, lambda cluster, old: cluster.remove(CONFIG_MAPS, HOME, HEAD_NAME))
        with pytest.raises(TransientError):
            await publisher.publish(ONE)
        await publisher.publish(ONE)
        assert published(scene.cluster) == sorted(ONE.values())

    @pytest.mark.parametrize("content", [None, "{}"], ids=["missing", "replaced"])
    def test_a_shard_that_is_not_as_it_was_written_is_written_again(self, content):
        def harm(cluster, _):
            name = next(name for name in head(cluster).shards if "b-00" in name)
            document = parts(cluster)[name].document
            cluster.remove(CONFIG_MAPS, HOME, name)
            if content is not None:
                cluster.apply(CONFIG_MAPS, {**document, "data": {CONTENT: content}})

        @on_loop
        async def played():
            scene = Scene()
            publisher = await self.harmed(scene, harm)
            assert await publisher.sweep() is False
            assert (await publisher.publish(TWO)).shards_written == 1
            assert published(scene.cluster) == sorted(TWO.values())
            assert await publisher.sweep() is True

        played()


class TestSweep:
    @on_loop
    async def test_what_no_head_named_for_a_minute_is_deleted(self):
        scene = Scene()
        publisher = await started(scene)
        await publisher.publish(ONE)
        scene.clock.advance(1)
        await publisher.publish(TWO)
        scene.clock.advance(59)
        await publisher.sweep()
        assert len(shards(scene.cluster)) == 3
        scene.clock.advance(1)
        await publisher.sweep()
        assert shards(scene.cluster) == sorted(head(scene.cluster).shards)

    @on_loop
    async def test_what_a_crash_left_behind_goes_a_minute_after_it_was_seen(self):
        scene = Scene()
        publisher = await started(scene)
        scene.cluster.fail("create", CONFIG_MAPS, name=HEAD_NAME)
        with pytest.raises(TransientError):
            await publisher.publish(ONE)
        scene.clock.advance(1)
        successor = await started(Scene(scene.cluster, scene.clock, "successor"))
        await successor.publish(TWO)
        await successor.sweep()
        scene.clock.advance(60)
        await successor.sweep()
        assert shards(scene.cluster) == sorted(head(scene.cluster).shards)

    @on_loop
    async def test_a_shard_that_is_named_again_stays(self):
        scene = Scene()
        publisher = await started(scene)
        for state in (ONE, TWO):
            await publisher.publish(state)
        scene.clock.advance(59)
        await publisher.publish(ONE)
        scene.clock.advance(5)
        await publisher.sweep()
        assert published(scene.cluster) == sorted(ONE.values())

    @on_loop
    async def test_another_object_of_that_name_is_not_deleted(self):
        scene = Scene()
        publisher = await started(scene)
        await publisher.publish(ONE)
        await publisher.publish(TWO)
        await publisher.sweep()
        scene.clock.advance(61)
        scene.cluster.fail("delete", error=Conflict("another uid"))
        assert await publisher.sweep() is True
        scene.cluster.fail("delete", error=NotFound("gone"))
        assert await publisher.sweep() is True

    @on_loop
    async def test_a_deletion_that_fails_is_tried_again(self):
        scene = Scene()
        publisher = await started(scene)
        await publisher.publish(ONE)
        await publisher.publish(TWO)
        await publisher.sweep()
        scene.clock.advance(61)
        scene.cluster.fail("delete")
        await publisher.sweep()
        assert len(shards(scene.cluster)) == 3
        await publisher.sweep()
        assert len(shards(scene.cluster)) == 2
