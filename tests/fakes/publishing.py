"""What the tests of the publisher share: two states to publish, and what a fake cluster holds of them."""

from accredit_extauthz.contract.codec import digest
from accredit_extauthz.contract.publication import HEAD_NAME
from accredit_operator.ports import CONFIG_MAPS
from accredit_operator.publication import content_of, read_head
from fakes.leading import HOME

ONE, TWO = {"cluster": b"{}", "b-00": b'{"a":1}'}, {"cluster": b"{}", "b-00": b'{"a":2}'}


def parts(cluster):
    return {one.name: one for one in cluster.list_all(CONFIG_MAPS, namespace=HOME).items}


def head(cluster):
    found = parts(cluster).get(HEAD_NAME)
    return None if found is None else read_head(found)


def published(cluster):
    """The contents that the head names, each verified; None where one is missing or not as named."""
    found, named = parts(cluster), head(cluster)
    if named is None:
        return None
    contents = {name: content_of(found[name]) for name in named.shards if name in found}
    if any(digest(contents.get(name) or b"") != sha for name, sha in named.shards.items()):
        return None
    return sorted(contents.values())


def shards(cluster):
    return sorted(name for name in parts(cluster) if name.startswith("accredit-shard-"))


async def started(scene):
    publisher = scene.publisher()
    await publisher.take_over()
    return publisher
