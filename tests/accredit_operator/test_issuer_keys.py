"""Keys from the last publication, from fetches, and as statuses tell of them."""

import asyncio

import pytest

from accredit_extauthz.contract.publication import HEAD_NAME
from accredit_operator.compile.compile import compile_world
from accredit_operator.compile.objects import read_object
from accredit_operator.issuer_keys import IssuerKeys
from accredit_operator.ports import CONFIG_MAPS
from accredit_operator.publication import read_lying
from accredit_operator.replicas import Replica
from accredit_operator.world import Kind, ObjectKey, World
from fakes.clock import FakeClock
from fakes.issuer import FakeIssuer
from fakes.leading import HOME, PREMISES, Scene, nothing_is_fetched, on_loop, until
from fakes.objects import JWK, issuer

REMOTE = issuer("corp-idp", jwks={"source": "URL", "url": "https://idp.example/jwks"})
KEY = ObjectKey(Kind.TRUSTED_ISSUER, "", "corp-idp")
FETCHED_AT = 1_789_999_000


class Fetch:
    def __init__(self, *answers):
        self.answers, self.asked = list(answers), 0

    async def __call__(self, source):
        self.asked += 1
        if not self.answers:
            await asyncio.Event().wait()
        return self.answers.pop(0)


class Keys:
    def __init__(self, fetch):
        self.changed, self.counted = [], []
        self.keys = IssuerKeys(fetch, FakeClock(), self.changed.append, lambda *what: self.counted.append(what))

    def kids(self):
        return {name: [key.kid for key in keys] for name, keys in self.keys.keys().items()}


def world(document=REMOTE):
    return World.of([read_object(document)])


def report(keys, document=REMOTE):
    compiled = compile_world(world(document), PREMISES, keys.keys())
    return keys.report(compiled.verdicts[0], read_object(document))


@on_loop
async def test_what_was_fetched_is_compiled_and_told():
    keys = Keys(Fetch([JWK]))
    keys.keys.follow(world())
    await until(lambda: keys.changed == [KEY])
    assert keys.kids() == {"corp-idp": ["k1"]}
    assert keys.counted == [("corp-idp", "success")]
    found = report(keys.keys)
    assert (found.condition.reason, found.key_ids, found.fetched_at) == ("KeysUsable", ("k1",), 1_790_000_000)
    assert list(keys.keys.ages_s()) == ["corp-idp"]
    await keys.keys.close()


@on_loop
async def test_a_failure_is_told_too():
    keys = Keys(nothing_is_fetched)
    keys.keys.follow(world())
    await until(lambda: keys.changed)
    found = report(keys.keys)
    assert (found.condition.status, found.condition.reason, found.key_ids) == ("False", "NotFetched", ())
    await keys.keys.close()


@on_loop
async def test_keys_that_are_denied_are_not_in_use():
    denied = issuer("corp-idp", jwks={**REMOTE["spec"]["jwks"], "deniedKeyIDs": ["k1"]})
    keys = Keys(Fetch([JWK, FakeIssuer(kid="k2").jwk()]))
    keys.keys.follow(world(denied))
    await until(lambda: keys.changed)
    assert report(keys.keys, denied).key_ids == ("k2",)
    await keys.keys.close()


@on_loop
async def test_keys_that_are_written_out_are_told_and_never_fetched():
    fetch = Fetch()
    keys = Keys(fetch)
    keys.keys.follow(world(issuer()))
    found = report(keys.keys, issuer())
    assert (found.condition.reason, found.key_ids, found.fetched_at) == ("KeysUsable", ("k1",), None)
    assert fetch.asked == 0
    await keys.keys.close()


async def published():
    """What a predecessor published, with one fetched key."""
    keys = Keys(Fetch([JWK]))
    keys.keys.follow(world())
    await until(lambda: keys.changed)
    scene = Scene()
    publisher = scene.publisher()
    await publisher.take_over()
    await publisher.publish(compile_world(world(), PREMISES, keys.keys.keys()).shards)
    await keys.keys.close()
    return scene.cluster


def lying(cluster):
    return read_lying(cluster.list_all(CONFIG_MAPS, namespace=HOME).items)


@on_loop
async def test_a_new_leader_forgets_no_key_and_makes_none_newer():
    cluster = await published()
    keys = Keys(Fetch())
    keys.keys.remember(lying(cluster), world(), {"corp-idp": {"lastFetchTime": "2026-09-21T13:16:40Z"}})
    keys.keys.follow(world())
    assert keys.kids() == {"corp-idp": ["k1"]}
    assert report(keys.keys).fetched_at == 1_789_996_600
    assert keys.keys.ages_s()["corp-idp"] == 3400
    await keys.keys.close()


@on_loop
async def test_without_a_status_they_are_as_old_as_their_shard():
    keys = Keys(Fetch())
    keys.keys.remember(lying(await published()), world(), {})
    keys.keys.follow(world())
    assert report(keys.keys).fetched_at == 1_795_514_400  # 2026-11-24T10:00:00Z, when the fake makes everything
    await keys.keys.close()


SINCE = "2026-11-24T10:00:01Z"  # a second after the fake makes everything
PLACE = REMOTE["spec"]["jwks"]


@pytest.mark.parametrize(
    "now_declared",
    [
        pytest.param(issuer("corp-idp", issuer="https://new.example", jwks=PLACE), id="another issuer"),
        pytest.param(issuer("corp-idp", jwks=PLACE, created=SINCE), id="another object"),
    ],
)
def test_keys_of_what_was_declared_before_are_not_remembered(now_declared):
    @on_loop
    async def played():
        keys = Keys(Fetch())
        keys.keys.remember(lying(await published()), world(now_declared), {})
        keys.keys.follow(world(now_declared))
        assert keys.kids() == {}
        await keys.keys.close()

    played()


@on_loop
async def test_what_is_not_sound_is_not_remembered():
    cluster = await published()
    name = next(name for name in lying(cluster).shards if "cluster" in name)
    document = cluster.read(CONFIG_MAPS, HOME, name).document
    cluster.apply(CONFIG_MAPS, {**document, "data": {"content": document["data"]["content"] + " "}})
    keys = Keys(Fetch())
    keys.keys.remember(lying(cluster), world(), {})
    cluster.remove(CONFIG_MAPS, HOME, HEAD_NAME)
    keys.keys.remember(lying(cluster), world(), {})
    keys.keys.follow(world())
    assert keys.kids() == {}
    await keys.keys.close()


@on_loop
async def test_a_key_that_a_replica_misses_is_asked_for_early_if_it_is_new():
    fetch = Fetch([JWK])
    keys = Keys(fetch)
    keys.keys.follow(world())
    await until(lambda: keys.changed)
    keys.keys.ask([Replica("r", 1, 1, {"corp-idp": "k1", "unheard": "k9"})])
    assert not keys.keys._store._held["corp-idp"].refreshes.is_asked
    keys.keys.ask([Replica("r", 1, 1, {"corp-idp": "k2"})])
    assert keys.keys._store._held["corp-idp"].refreshes.is_asked
    await keys.keys.close()
