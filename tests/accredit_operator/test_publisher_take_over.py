"""A publisher that begins, and one that is overtaken."""

import pytest

from accredit_extauthz.contract.publication import CONTENT, HEAD_NAME
from accredit_operator.ports import CONFIG_MAPS, TransientError
from accredit_operator.publisher import Fenced
from fakes.leading import HOME, Scene, on_loop
from fakes.publishing import ONE, TWO, head, parts, published, started


class TestTakeOver:
    @on_loop
    async def test_the_head_becomes_ours_unchanged(self):
        scene = Scene()
        await (await started(scene)).publish(ONE)
        before = head(scene.cluster)
        successor = Scene(scene.cluster, scene.clock, "successor")
        await started(successor)
        after = head(scene.cluster)
        assert (after.writer, after.sequence, after.shards) == ("successor", before.sequence, before.shards)

    @on_loop
    async def test_a_leader_that_was_asleep_is_refused(self):
        scene = Scene()
        old = await started(scene)
        await old.publish(ONE)
        await started(Scene(scene.cluster, scene.clock, "successor"))
        with pytest.raises(Fenced):
            await old.publish(TWO)
        assert published(scene.cluster) == sorted(ONE.values())

    @on_loop
    async def test_an_old_head_of_ours_that_somebody_restores_is_published_over(self):
        scene = Scene()
        publisher = await started(scene)
        await publisher.publish(ONE)
        old = parts(scene.cluster)[HEAD_NAME].document
        await publisher.publish(TWO)
        newest = publisher.sequence
        scene.cluster.apply(CONFIG_MAPS, {**old, "metadata": {**old["metadata"], "resourceVersion": ""}})
        with pytest.raises(TransientError):
            await publisher.publish({"cluster": b"{}", "b-00": b'{"a":3}'})
        # Even what the restored head says must be said again: replicas hold a higher sequence and ignore it.
        assert (await publisher.publish(ONE)).sequence > newest
        assert published(scene.cluster) == sorted(ONE.values())

    @on_loop
    async def test_two_that_find_no_head_end_with_one(self):
        scene = Scene()
        first, second = await started(scene), await started(Scene(scene.cluster, scene.clock, "second"))
        await second.publish(TWO)
        scene.clock.advance(1)
        with pytest.raises(Fenced):
            await first.publish(ONE)

    @on_loop
    async def test_what_a_predecessor_published_is_not_written_again(self):
        scene = Scene()
        await (await started(scene)).publish(ONE)
        successor = await started(Scene(scene.cluster, scene.clock, "successor"))
        scene.cluster.said.clear()
        assert not (await successor.publish(ONE)).is_new
        assert scene.cluster.said == []

    @on_loop
    async def test_a_head_that_cannot_be_read_is_replaced(self):
        scene = Scene()
        broken = {"metadata": {"namespace": HOME, "name": HEAD_NAME, "labels": {"accredit.dev/part": "head"}}}
        scene.cluster.apply(CONFIG_MAPS, {**broken, "data": {CONTENT: "{"}})
        await (await started(scene)).publish(ONE)
        assert published(scene.cluster) == sorted(ONE.values())

    @on_loop
    async def test_nothing_is_written_by_who_does_not_lead(self):
        scene = Scene()
        publisher = await started(scene)
        scene.leadership.is_held = False
        with pytest.raises(Fenced):
            await publisher.publish(ONE)
        await publisher.beat()
        assert parts(scene.cluster) == {}
