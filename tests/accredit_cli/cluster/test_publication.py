import pytest

from accredit_cli.cluster.publication import NothingPublished, read_published, read_sequence
from accredit_extauthz.contract.publication import HEAD_NAME
from accredit_operator.ports import CONFIG_MAPS
from fakes.objects import agent, issuer
from fakes.publication import config_map
from fakes.published_cluster import HOME, PublishedCluster


@pytest.fixture
def cluster():
    made = PublishedCluster()
    made.declare(issuer(), agent())
    return made


def test_what_is_published_is_read_whole(cluster):
    cluster.publish(7, written_at=5.0)
    published = read_published(cluster, HOME)
    assert (published.head.sequence, published.beat.written_at) == (7, 5.0)
    assert [str(one.ref) for one in published.snapshot.agents] == ["research/planner"]
    assert read_sequence(cluster, HOME) == 7


def test_nothing_published_is_said_so(cluster):
    assert read_sequence(cluster, HOME) == 0
    with pytest.raises(NothingPublished):
        read_published(cluster, HOME)


def test_a_shard_that_is_missing_or_changed_is_not_believed(cluster):
    cluster.publish(7)
    name = next(iter(read_published(cluster, HOME).head.shards))
    cluster.apply(CONFIG_MAPS, config_map(name, b"{}", namespace=HOME))
    with pytest.raises(NothingPublished):
        read_published(cluster, HOME)
    cluster.remove(CONFIG_MAPS, HOME, name)
    with pytest.raises(NothingPublished):
        read_published(cluster, HOME)


def test_a_head_that_cannot_be_read_is_none(cluster):
    cluster.publish(7)
    cluster.apply(CONFIG_MAPS, config_map(HEAD_NAME, b"[]", namespace=HOME))
    assert read_sequence(cluster, HOME) == 0
    with pytest.raises(NothingPublished):
        read_published(cluster, HOME)
