import asyncio
import logging

import kopf
import pytest

from accredit_operator.following import WATCHED
from accredit_operator.handlers import Watches, quiet_settings, registry_of
from accredit_operator.inbox import Inbox
from accredit_operator.ports import DECLARED
from accredit_operator.system import SystemClock
from accredit_operator.world import Kind
from fakes.leading import on_loop, until
from fakes.objects import agent


def handlers(inbox):
    return {one.id: one for one in registry_of(inbox)._watching.get_all_handlers()}


@on_loop
async def test_every_watched_kind_has_a_handler_and_none_that_keeps_state():
    registry = registry_of(Inbox(SystemClock()))
    found = {(one.selector.group, one.selector.any_name) for one in registry._watching.get_all_handlers()}
    assert found == {(collection.group, collection.plural) for collection in WATCHED}
    assert not list(registry._changing.get_all_handlers())
    assert not list(registry._spawning.get_all_handlers())
    assert not list(registry._indexing.get_all_handlers())


@pytest.mark.parametrize(
    ("kind", "is_gone"),
    [
        pytest.param(None, False, id="of the first list"),
        pytest.param("ADDED", False, id="new"),
        pytest.param("MODIFIED", False, id="changed"),
        pytest.param("DELETED", True, id="gone"),
    ],
)
def test_an_event_is_put_into_the_inbox(kind, is_gone):
    @on_loop
    async def played():
        inbox = Inbox(SystemClock())
        handler = handlers(inbox)["agentidentities"]
        document = agent()
        document["metadata"] |= {"uid": "u", "resourceVersion": "7"}
        del document["kind"]  # lists of the API server leave it out
        await handler.fn(event={"type": kind, "object": document}, param=handler.param)
        (arrival,) = (await inbox.batch()).arrivals
        assert (arrival.collection, arrival.is_gone) == (DECLARED[Kind.AGENT_IDENTITY], is_gone)
        stored = arrival.stored
        assert (stored.namespace, stored.name, stored.uid, stored.resource_version) == ("research", "planner", "u", "7")
        assert stored.document["kind"] == "AgentIdentity"

    played()


def test_kopf_posts_nothing_and_sets_no_object_aside():
    settings = quiet_settings()
    assert settings.posting.enabled is False
    assert tuple(settings.queueing.error_delays) == ()
    assert sum(settings.networking.error_backoffs) < 3


@on_loop
async def test_watches_that_end_are_told_and_begin_anew_until_they_are_stopped(monkeypatch):
    runs, fell = [], []

    async def operator(**options):
        runs.append(options)
        if len(runs) == 1:
            raise kopf.LoginError("nobody is there")
        await asyncio.Event().wait()

    monkeypatch.setattr(kopf, "operator", operator)
    level = logging.getLogger("kopf").level
    watches = Watches(Inbox(SystemClock()), ("tools",), fell.append)
    watches.start()
    try:
        await until(lambda: len(runs) == 2)
        assert fell == ["LoginError: nobody is there"]
        assert (runs[0]["clusterwide"], runs[0]["namespaces"]) == (False, ("tools",))
        watches.restart()
        await until(lambda: len(runs) == 3)
        assert len(fell) == 2
    finally:
        await asyncio.to_thread(watches.stop)
        logging.getLogger("kopf").setLevel(level)
    assert not watches._thread.is_alive()
    assert len(fell) == 2
