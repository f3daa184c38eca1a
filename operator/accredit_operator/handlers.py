"""The watches, by kopf: every event of a watched kind goes into the inbox, and nothing else happens here.

kopf runs in a thread and a loop of its own: it ends every task that came into its loop after it, and takes the signals
of the main thread. It never writes: handlers of raw events keep no state, so no finalizer, annotation or Event is its.
"""

import asyncio
import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import kopf

from accredit_operator.following import WATCHED
from accredit_operator.inbox import Inbox
from accredit_operator.ports import Collection, Stored

_GONE = "DELETED"
_STOP_S = 5.0
_FIRST_WAIT_S, _LAST_WAIT_S = 0.2, 2.0
_OPENING_S = 5.0  # for a connection to the API server
_SILENCE_S = 70.0  # bookmarks come every 60 s


class Watches:
    """One kopf operator after another, until told to stop.

    kopf ends where an API server that is starting answers with an error. It is begun again, and `fell` is told, in
    kopf's thread, because what was deleted meanwhile is never delivered.
    """

    def __init__(self, inbox: Inbox, namespaces: Sequence[str], fell: Callable[[str], None]) -> None:
        self._inbox = inbox
        self._namespaces = tuple(namespaces)
        self._fell = fell
        self._stopping = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="kopf", daemon=True)

    def start(self) -> None:
        """Begin to watch; returns at once."""
        logging.getLogger("kopf").setLevel(logging.CRITICAL)  # what ends it is said by `fell`
        self._thread.start()

    def restart(self) -> None:
        """Begin anew, soon: what is watched now misses something. Returns at once."""
        loop, task = self._loop, self._task
        if loop is not None and task is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(task.cancel)

    def stop(self) -> None:
        """Return when nothing is watched any more, or when that takes too long."""
        self._stopping.set()
        self.restart()
        self._thread.join(_STOP_S)

    def _run(self) -> None:
        wait_s = _FIRST_WAIT_S
        while not self._stopping.is_set():
            reason, begun_at = "it ended", time.monotonic()
            try:
                asyncio.run(self._operate())
            except asyncio.CancelledError:
                reason = "they missed something"
            except Exception as error:  # noqa: BLE001 - whatever it is, it is said, and the watches begin again
                reason = f"{type(error).__name__}: {error}"
            if not self._stopping.is_set():
                self._fell(reason)
                lasted_s = time.monotonic() - begun_at
                wait_s = min(wait_s * 2, _LAST_WAIT_S) if lasted_s < _LAST_WAIT_S else _FIRST_WAIT_S
                self._stopping.wait(wait_s)

    async def _operate(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        if self._stopping.is_set():
            return
        # Without a stop flag: waiting for one would hold a thread, and so the end of a loop that fails.
        await kopf.operator(
            registry=registry_of(self._inbox),
            settings=quiet_settings(),
            clusterwide=not self._namespaces,
            namespaces=self._namespaces,
            standalone=True,
        )


def registry_of(inbox: Inbox) -> kopf.OperatorRegistry:
    """Return the handlers: one for each watched kind."""
    registry = kopf.OperatorRegistry()
    kopf.on.login(registry=registry)(_login)

    async def changed(event: Any, param: Any = None, **_: Any) -> None:  # noqa: ANN401 - kopf's own types are as loose
        inbox.put(param, _stored(param, event["object"]), is_gone=event["type"] == _GONE)

    for collection in WATCHED:
        path = (collection.group, collection.version, collection.plural)
        kopf.on.event(*path, registry=registry, id=collection.plural, param=collection)(changed)
    return registry


def quiet_settings() -> kopf.OperatorSettings:
    """Return settings with which kopf watches, writes nothing, and never sets an object's events aside."""
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.process.ultimate_exiting_timeout = None
    settings.networking.error_backoffs = (0.1, 0.2, 0.5, 1.0)
    settings.networking.connect_timeout = _OPENING_S
    settings.queueing.error_delays = ()
    settings.queueing.idle_timeout = 0.1  # a worker an object, for thousands of objects, is memory
    settings.queueing.exit_timeout = 0.5
    settings.watching.inactivity_timeout = _SILENCE_S
    return settings


def _login(**arguments: Any) -> kopf.ConnectionInfo | None:  # noqa: ANN401 - passed on as it comes
    """Use the credentials that the rest of the operator uses: KUBECONFIG, else the pod's, else ~/.kube/config."""
    if os.environ.get("KUBECONFIG"):
        return kopf.login_with_kubeconfig(**arguments)
    return kopf.login_with_service_account(**arguments) or kopf.login_with_kubeconfig(**arguments)


def _stored(collection: Collection, document: Any) -> Stored:  # noqa: ANN401 - as kopf read it
    metadata = document["metadata"]
    named = {"apiVersion": collection.api_version, "kind": collection.kind, **document}
    return Stored(
        namespace=metadata.get("namespace", ""),
        name=metadata["name"],
        uid=metadata["uid"],
        resource_version=metadata["resourceVersion"],
        document=named,
    )
