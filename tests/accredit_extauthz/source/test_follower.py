"""The follower over real HTTP, against a small API server that can fail in every way."""

import logging
import threading
from collections.abc import Callable, Iterator
from random import Random

import pytest

from accredit_extauthz.contract.publication import BEAT_NAME, HEAD_NAME
from accredit_extauthz.contract.snapshot import Snapshot
from accredit_extauthz.decide.decide import decide
from accredit_extauthz.decide.view import Deployment, View, build
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.serve.holder import Holder
from accredit_extauthz.source import follower as follower_module
from accredit_extauthz.source.api_server import ApiServer
from accredit_extauthz.source.backoff import Backoff
from accredit_extauthz.source.follower import Follower, Following
from accredit_extauthz.source.ports import Access
from fakes import api_server, publication, scene
from fakes.api_server import LIST, PROBE, WATCH, FakeApiServer
from fakes.issuer import NOW
from fakes.publication import beat, flipped
from fakes.shell import FakeClock

BOUND_S = 8.0


class Watched:
    """A follower of the fake API server. Its clock stands still, so ages are what a test says."""

    def __init__(self, api: FakeApiServer, builder: Callable[[Snapshot], View] | None = None) -> None:
        self.api = api
        self.clock = FakeClock()
        self.holder = Holder(self.clock)
        self.swaps: list[int] = []
        self.follower = Follower(
            Following(
                api=ApiServer(Access(server=api.url, token=lambda: "t")),
                namespace="ns",
                holder=self.holder,
                build=builder or (lambda found: build(found, Deployment())),
                clock=self.clock,
                backoff=Backoff(0.01, 0.05, Random(1)),
                swapped=lambda: self.swaps.append(self.sequence or 0),
            )
        )

    @property
    def sequence(self) -> int | None:
        return None if self.holder.current is None else self.holder.current.sequence

    @property
    def age_s(self) -> int:
        return self.holder.age_s(self.clock.ticks_ns())

    def until(self, found: Callable[[], object], what: str) -> None:
        pause = threading.Event()
        for _ in range(int(BOUND_S / 0.01)):
            if found():
                return
            pause.wait(0.01)
        raise AssertionError(f"no {what} within {BOUND_S} s; asked: {self.api.asked}")

    def until_served(self, sequence: int) -> None:
        self.until(lambda: self.sequence == sequence, f"sequence {sequence}")


@pytest.fixture(autouse=True)
def short_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silences are the sockets' own, so no clock can be faked for them."""
    monkeypatch.setattr(follower_module, "SILENCE_S", 0.3)


@pytest.fixture
def api() -> Iterator[FakeApiServer]:
    with FakeApiServer() as server:
        yield server


@pytest.fixture
def watched(api: FakeApiServer) -> Iterator[Watched]:
    started = Watched(api)
    api.publish(publication.publication(1))
    started.follower.start()
    yield started
    started.follower.stop()
    assert not started.follower.is_alive


def test_what_is_published_is_served_and_what_follows_too(api, watched):
    watched.until_served(1)
    api.publish(publication.publication(2))
    watched.until_served(2)
    assert watched.swaps == [1, 2]
    assert (api.asked.count(LIST), watched.holder.load_failures) == (1, 0)
    assert set(api.tokens) == {"Bearer t"}


def test_nothing_is_served_before_the_first_publication(api, caplog):
    started = Watched(api)
    started.follower.start()
    try:
        started.until(lambda: WATCH in api.asked, "watch")
        assert (started.sequence, started.holder.load_failures) == (None, 1)
        api.publish(publication.publication(1))
        started.until_served(1)
    finally:
        started.follower.stop()


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(api_server.refused(500), id="500"),
        pytest.param(api_server.refused(429, "1"), id="429 with a Retry-After"),
        pytest.param(api_server.refused(429, "Wed, 21 Oct 2026 07:28:00 GMT"), id="429 with a date"),
        pytest.param(api_server.refused(401), id="401 as while a token is replaced"),
        pytest.param(api_server.refused(403), id="403"),
        pytest.param(api_server.reset, id="a reset"),
        pytest.param(api_server.half_a_body, id="half a body"),
        pytest.param(api_server.truncated_json, id="truncated JSON"),
        pytest.param(lambda handler: handler.answer_json(200, b"[]"), id="another JSON"),
        pytest.param(lambda handler: handler.answer_json(200, b"\xff"), id="no text"),
        pytest.param(api_server.slow(0.5), id="a slow answer"),
    ],
)
def test_a_list_that_fails_is_made_again(api, caplog, answer):
    api.publish(publication.publication(1))
    api.next(LIST, answer, times=2)
    started = Watched(api)
    started.follower.start()
    try:
        started.until_served(1)
        assert started.holder.load_failures == 0
        started.until(lambda: api.asked.count(WATCH), "watch")
        assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) <= 1
    finally:
        started.follower.stop()


EVENTS_OF_2 = [
    publication.event("ADDED", name, content, str(version))
    for version, (name, content) in enumerate(publication.publication(2).contents().items(), start=10)
]
CUT = api_server.lines(publication.event("ADDED", "accredit-shard-x-1", b"{}", "3"), ends=False)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(api_server.refused(500), id="500"),
        pytest.param(api_server.refused(410), id="410"),
        pytest.param(api_server.refused(504), id="a version that is too large"),
        pytest.param(api_server.reset, id="a reset"),
        pytest.param(api_server.lines(), id="an end as soon as it begins"),
        pytest.param(api_server.lines(publication.status_event(410)), id="an event of 410"),
        pytest.param(api_server.lines(publication.status_event(500)), id="an event of 500"),
        pytest.param(api_server.lines(EVENTS_OF_2[0][:40]), id="half a line"),
        pytest.param(CUT, id="a cut in the middle of a chunk"),
        pytest.param(api_server.lines(b"{}\n"), id="an event without type"),
        pytest.param(api_server.lines(b"\xff\xff\n"), id="a line that is no text"),
        pytest.param(api_server.lines(b'{"type":"NEW","object":{"metadata":{}}}\n'), id="an unknown type"),
    ],
)
def test_a_watch_that_fails_is_begun_again_and_misses_nothing(api, caplog, answer):
    api.publish(publication.publication(1))
    api.next(WATCH, answer, times=2)
    started = Watched(api)
    started.follower.start()
    try:
        started.until(lambda: api.asked.count(WATCH) >= 3, "third watch")
        api.publish(publication.publication(3))
        started.until_served(3)
        warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
        told = 2 if answer is CUT else 1  # there an event came through in between
        assert len(warnings) == told, "an outage is told once"
    finally:
        started.follower.stop()


def test_one_event_in_many_pieces_and_many_events_in_one_piece_are_read(api):
    whole = b"".join(EVENTS_OF_2) + publication.bookmark("20")
    pieces = [whole[:7], whole[7:500], whole[500:]]
    api.publish(publication.publication(1))
    api.next(WATCH, api_server.lines(*pieces))
    started = Watched(api)
    started.follower.start()
    try:
        started.until_served(2)
    finally:
        started.follower.stop()


@pytest.mark.parametrize(("away_s", "lists"), [(9, 1), (11, 2)], ids=["a short absence", "a long absence"])
def test_a_watch_that_was_cut_is_resumed_unless_it_was_away_for_long(api, watched, away_s, lists):
    watched.until_served(1)
    watched.until(lambda: WATCH in api.asked, "watch")
    before = api.asked.count(WATCH)
    watched.clock.pass_s(away_s)
    api.next(WATCH, api_server.reset)
    api.cut_watches()
    watched.until(lambda: api.asked.count(WATCH) >= before + 2, "watch after the cut")
    api.publish(publication.publication(2))
    watched.until_served(2)
    assert api.asked.count(LIST) == lists


def test_an_expired_version_brings_a_new_list(api, watched):
    watched.until_served(1)
    watched.until(lambda: WATCH in api.asked, "watch")
    api.forget_history()
    watched.until(lambda: api.asked.count(LIST) == 2, "second list")
    api.publish(publication.publication(2))
    watched.until_served(2)


def test_a_silent_watch_is_found_out_when_the_publication_went_on(api, caplog):
    api.publish(publication.publication(1))
    api.next(WATCH, api_server.silent(60))
    started = Watched(api)
    started.follower.start()
    try:
        started.until(lambda: WATCH in api.asked, "watch")
        api.publish(publication.publication(2))
        started.until_served(2)
        assert api.asked.count(PROBE) >= 1
    finally:
        started.follower.stop()


def test_a_watch_is_silent_without_a_list_while_nothing_is_written(api, watched):
    watched.until(lambda: api.asked.count(PROBE) >= 2, "second look")
    assert api.asked.count(LIST) == 1
    api.publish(publication.publication(2))
    watched.until_served(2)
    assert api.asked.count(LIST) == 1


def test_a_look_that_fails_is_an_outage_like_any_other(api, watched):
    api.next(PROBE, api_server.refused(500), times=2)
    watched.until(lambda: api.asked.count(PROBE) >= 3, "third look")
    api.publish(publication.publication(2))
    watched.until_served(2)


def test_the_last_good_is_kept_over_what_cannot_be_served(api, watched, caplog):
    watched.until_served(1)
    api.put(HEAD_NAME, b"{")
    watched.until(lambda: watched.holder.load_failures == 1, "failure")
    api.delete(HEAD_NAME)
    watched.until(lambda: watched.holder.load_failures == 2, "failure")
    api.publish(publication.publication(2))
    watched.until_served(2)
    api.publish(publication.publication(1))
    api.put(BEAT_NAME, beat(1))
    watched.until(lambda: [line for line in caplog.records if "ignored a head" in line.message], "line")
    assert (watched.sequence, watched.holder.load_failures) == (2, 2)


def test_a_head_that_names_what_is_missing_brings_a_new_list_after_two_seconds(api, watched):
    watched.until_served(1)
    published = publication.publication(2)
    name = next(name for name in published.shards if "00" in name)
    api.put(HEAD_NAME, published.contents()[HEAD_NAME])
    watched.until(lambda: watched.holder.load_failures == 1, "failure")
    api.contents[name] = published.shards[name]  # there, and never told by the watch
    watched.clock.pass_s(1.9)
    api.put(BEAT_NAME, beat(2))
    watched.clock.pass_s(0.2)
    api.put(BEAT_NAME, beat(2, 1))
    watched.until_served(2)
    assert api.asked.count(LIST) == 2


def test_a_corrupt_shard_is_refused_until_it_is_right(api, watched):
    watched.until_served(1)
    published = publication.publication(2)
    name = next(name for name in published.shards if "00" in name)
    for each, content in published.contents().items():
        api.put(each, flipped(content) if each == name else content)
    watched.until(lambda: watched.holder.load_failures == 1, "failure")
    assert watched.sequence == 1
    api.put(name, published.shards[name])
    watched.until_served(2)


def test_a_defect_in_building_keeps_the_last_good(api, caplog):
    def builder(found: Snapshot) -> View:
        return {}["defect"] if found.sequence == 2 else build(found, Deployment())

    api.publish(publication.publication(1))
    started = Watched(api, builder)
    started.follower.start()
    try:
        started.until_served(1)
        api.publish(publication.publication(2))
        started.until(lambda: started.holder.load_failures == 1, "failure")
        assert started.sequence == 1
        api.publish(publication.publication(3))
        started.until_served(3)
    finally:
        started.follower.stop()


def test_the_age_of_a_view_is_the_time_since_a_beat_of_what_is_served(api, watched):
    """And a policy's maxStaleness is judged by it, whatever else is heard."""
    watched.until_served(1)
    watched.clock.pass_s(20)
    api.put(BEAT_NAME, beat(1))
    watched.until(lambda: watched.age_s == 0, "confirmation")
    watched.clock.pass_s(20)
    api.put(BEAT_NAME, beat(2))  # of a snapshot that this replica does not have
    api.put("accredit-shard-00-9", b"{}")
    watched.until(lambda: watched.follower._version == str(len(api.history)), "last event")
    assert watched.age_s == 20
    policies = (scene.policy(body=scene.body(max_staleness_s=30)),)
    view = scene.view(policies=policies)
    assert decide(scene.call(), view, NOW, watched.age_s).reason is Reason.ALLOWED
    watched.clock.pass_s(11)
    assert decide(scene.call(), view, NOW, watched.age_s).reason is Reason.VIEW_STALE
    api.put(BEAT_NAME, beat(1, 1))
    watched.until(lambda: watched.age_s == 0, "confirmation")
    assert decide(scene.call(), view, NOW, watched.age_s).reason is Reason.ALLOWED


def test_a_list_after_an_outage_brings_the_newest_view_but_not_its_youth(api, watched):
    watched.until_served(1)
    watched.until(lambda: WATCH in api.asked, "watch")
    watched.clock.pass_s(40)
    published = publication.publication(2)
    with api.changed:
        api.contents.update(published.contents())
        api.contents[BEAT_NAME] = beat(2)
    api.forget_history()
    watched.until_served(2)
    assert watched.age_s == 40
    api.put(BEAT_NAME, beat(2, 1))
    watched.until(lambda: watched.age_s == 0, "confirmation")


def test_it_can_be_stopped_while_nothing_answers(api):
    api.next(LIST, api_server.refused(500), times=1000)
    started = Watched(api)
    started.follower.start()
    started.until(lambda: len(api.asked) > 2, "attempts")
    started.follower.stop()
    assert not started.follower.is_alive
