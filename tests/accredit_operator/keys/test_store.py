"""The keeping of keys over time. Time is a fake that stops wherever the store waits."""

import asyncio
import itertools
from dataclasses import replace

import pytest

from accredit_extauthz.contract.snapshot import Key
from accredit_operator.keys.fetched import Failure, Fetched
from accredit_operator.keys.store import FAILED, SUCCESS
from accredit_operator.keys.unfetched import Unfetched
from fakes.issuer import FakeIssuer
from fakes.key_scene import SOURCE, played
from fakes.objects import JWK
from fakes.stepping_time import settle

K2 = FakeIssuer(kid="k2").jwk()
K3 = FakeIssuer(kid="k3").jwk()
OTHER = replace(SOURCE, issuer="https://other.example")
DOWN = Unfetched("https://idp.example", "it answered 500", "see that it answers")


@played
async def test_a_new_issuer_is_fetched_at_once(scene):
    await scene.watch()
    assert scene.kids() == ["k1"]
    ((name, news),) = scene.news
    assert (name, [key.kid for key in news.keys], news.fetched_at) == ("idp", ["k1"], 1_800_000_000)
    assert scene.counted == [("idp", SUCCESS)]


@played
async def test_keys_are_fetched_again_at_every_interval(scene):
    await scene.watch()
    await scene.time.advance(3000)
    assert scene.fetch.count() == 11


@played
async def test_a_rotation_is_followed_through_its_overlap(scene):
    await scene.watch()
    for jwks, expected in (([JWK, K2], ["k1", "k2"]), ([K2], ["k2"])):
        scene.fetch.jwks = jwks
        await scene.time.advance(300)
        assert scene.kids() == expected


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(DOWN, id="unreachable"),
        pytest.param([], id="an empty set"),
        pytest.param([JWK, JWK], id="a kid twice"),
        pytest.param([JWK | {"use": "enc"}], id="no usable key"),
        pytest.param(ZeroDivisionError(), id="a mistake of our own"),
    ],
)
def test_the_last_good_keys_are_kept_through_bad_answers_and_replaced_by_the_next_good_one(bad):
    @played
    async def play(scene):
        await scene.watch()
        scene.fetch.jwks = bad
        await scene.time.advance(301)
        assert scene.kids() == ["k1"]
        assert isinstance(scene.news[-1][1], Failure)
        assert scene.counted[-1] == ("idp", FAILED)
        assert scene.store.standings()["idp"].trouble == scene.news[-1][1].sentence
        scene.fetch.jwks = [K2]
        await scene.time.advance(300)
        assert scene.kids() == ["k2"]
        assert scene.store.standings()["idp"].trouble is None

    play()


@played
async def test_a_private_key_in_the_set_does_not_keep_the_last_good_one_alive(scene):
    await scene.watch()
    scene.fetch.jwks = [JWK | {"d": "AA"}]
    await scene.time.advance(300)
    assert scene.kids() == []
    assert scene.store.standings()["idp"].left_out != ()


@played
async def test_failures_are_repeated_ever_more_slowly_within_bounds(scene):
    scene.fetch.jwks = DOWN
    await scene.watch()
    await scene.time.advance(7200)
    at = scene.fetch.at[SOURCE.issuer]
    gaps = [later - sooner for sooner, later in itertools.pairwise(at)]
    assert gaps[:3] == pytest.approx([1.5, 2.5, 4.5])
    assert max(gaps) == pytest.approx(150.5)


@played
async def test_keys_stop_to_count_when_they_are_older_than_max_stale(scene):
    await scene.watch()
    scene.fetch.jwks = DOWN
    await scene.time.advance(3600)
    assert scene.kids() == ["k1"]
    told = len(scene.news)
    await scene.time.advance(0.001)
    assert scene.kids() == []
    assert [type(news) for _, news in scene.news[told:]] == [Failure]
    assert scene.store.standings()["idp"].has_lapsed


@played
async def test_a_wall_clock_that_is_set_back_makes_no_key_live_longer(scene):
    await scene.watch()
    scene.fetch.jwks = DOWN
    await scene.time.advance(1800)
    scene.time.set_wall_clock(-86400)
    await scene.time.advance(1801)
    assert scene.kids() == []


@played
async def test_a_lapse_is_told_once_and_ends_with_the_next_good_set(scene):
    await scene.watch()
    scene.fetch.jwks = DOWN
    await scene.time.advance(3 * 3600)
    lapsed = [news for _, news in scene.news if isinstance(news, Failure)]
    assert len(lapsed) == scene.counted.count(("idp", FAILED)) + 1
    scene.fetch.jwks = [K2]
    await scene.time.advance(300)
    assert scene.kids() == ["k2"]


@played
async def test_a_flood_of_unknown_kids_causes_one_fetch_in_ten_seconds(scene):
    await scene.watch()
    for _ in range(600):
        for _ in range(20):
            scene.store.ask("idp")
        await scene.time.advance(0.1)
    at = scene.fetch.at[SOURCE.issuer]
    assert scene.fetch.count() <= 7
    assert min(later - sooner for sooner, later in itertools.pairwise(at)) >= 10


@played
async def test_an_unknown_kid_brings_the_new_keys_early(scene):
    await scene.watch()
    await scene.time.advance(60)
    scene.fetch.jwks = [JWK, K2]
    scene.store.ask("idp")
    await settle()
    assert scene.kids() == ["k1", "k2"]


@played
async def test_an_unknown_kid_of_an_unknown_issuer_asks_for_nothing(scene):
    await scene.watch()
    scene.store.ask("nobody")
    await scene.time.advance(20)
    assert scene.fetch.count() == 1


@played
async def test_one_issuer_in_trouble_holds_up_no_other(scene):
    scene.fetch.gate = asyncio.Event()
    await scene.watch()
    scene.fetch.gate = None
    await scene.watch(idp=SOURCE, other=OTHER)
    assert (scene.kids("idp"), scene.kids("other")) == ([], ["k1"])


@played
async def test_an_issuer_that_goes_takes_its_keys_along(scene):
    await scene.watch(idp=SOURCE, other=OTHER)
    await scene.watch(other=OTHER)
    await scene.time.advance(3000)
    assert scene.store.keys().keys() == {"other"}
    assert scene.store.ages_s().keys() == {"other"}
    assert scene.fetch.count(SOURCE) == 1


@played
async def test_watching_the_same_again_asks_nothing(scene):
    await scene.watch()
    await scene.watch()
    assert scene.fetch.count() == 1


@played
async def test_a_changed_source_is_fetched_at_once(scene):
    await scene.watch()
    scene.fetch.jwks = DOWN
    await scene.watch(idp=replace(SOURCE, ca_bundle="PEM"))
    assert scene.fetch.count() == 2
    assert scene.kids() == ["k1"]


@played
async def test_keys_of_the_old_address_do_not_count_at_the_new_one(scene):
    await scene.watch()
    scene.fetch.jwks = DOWN
    await scene.watch(idp=replace(SOURCE, url="https://idp.example/jwks"))
    assert scene.kids() == []


@played
async def test_an_answer_to_the_old_source_is_never_taken_for_one_to_the_new(scene):
    old_gate = scene.fetch.gate = asyncio.Event()
    await scene.watch()
    scene.fetch.gate, scene.fetch.jwks = None, [K2]
    await scene.watch(idp=replace(SOURCE, url="https://idp.example/jwks"))
    scene.fetch.jwks = [K3]
    old_gate.set()
    await settle()
    assert scene.kids() == ["k2"]


REMEMBERED = (Key(kid="old", algorithm="ES256", jwk=JWK),)


@played
async def test_a_restart_starts_from_the_published_keys(scene):
    scene.fetch.jwks = DOWN
    scene.store.remember("idp", REMEMBERED, 1_800_000_000 - 600)
    await scene.watch()
    assert scene.kids() == ["old"]
    await scene.time.advance(3000)
    assert scene.kids() == ["old"]
    await scene.time.advance(1)
    assert scene.kids() == []


@played
async def test_a_restart_after_a_long_rest_revives_no_keys(scene):
    scene.fetch.gate = asyncio.Event()
    scene.store.remember("idp", REMEMBERED, 1_800_000_000 - 3601)
    await scene.watch()
    assert scene.kids() == []


@played
async def test_what_is_remembered_serves_the_first_watch_alone(scene):
    scene.store.remember("idp", REMEMBERED, 1_800_000_000)
    await scene.watch(other=OTHER)
    scene.fetch.jwks = DOWN
    await scene.watch(other=OTHER, idp=SOURCE)
    assert scene.kids("idp") == []


@played
async def test_the_age_is_that_of_the_last_good_set(scene):
    await scene.watch()
    scene.fetch.jwks = DOWN
    await scene.time.advance(400)
    assert scene.store.ages_s() == {"idp": 400}
    assert scene.store.standings()["idp"].fetched_at == 1_800_000_000


@played
async def test_an_ask_during_a_fetch_is_answered_by_the_next_one(scene):
    gate = scene.fetch.gate = asyncio.Event()
    await scene.watch()
    scene.store.ask("idp")
    gate.set()
    await scene.time.advance(9.9)
    assert scene.fetch.count() == 1
    await scene.time.advance(0.1)
    assert scene.fetch.count() == 2


@played
async def test_news_of_a_good_set_holds_what_the_store_holds(scene):
    await scene.watch()
    (_, news) = scene.news[-1]
    assert isinstance(news, Fetched)
    assert news.keys == scene.store.keys()["idp"]
