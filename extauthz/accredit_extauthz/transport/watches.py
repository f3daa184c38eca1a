"""Health watches on the completion queue, told of changes by the loop's own thread."""

import logging
from collections.abc import Sequence

from accredit_extauthz.transport.cygrpc_contract import Cygrpc, Event, Tag
from accredit_extauthz.transport.exchange import Exchange
from accredit_extauthz.transport.health import MAX_WATCHERS, Health, Status, encoded, service_named

_log = logging.getLogger(__name__)


class Watches:
    """The watches that are open."""

    def __init__(self, cygrpc: Cygrpc, health: Health) -> None:
        self._cygrpc = cygrpc
        self._health = health
        self._open: set[_Watch] = set()

    def __bool__(self) -> bool:
        return bool(self._open)

    def take(self, exchange: Exchange) -> None:
        """Begin a watch of the service that the message names, or refuse it."""
        service = service_named(exchange.message)
        if service is None:
            exchange.end(self._cygrpc.code.invalid_argument, b"the bytes are no HealthCheckRequest")
        elif len(self._open) >= MAX_WATCHERS:
            exchange.end(self._cygrpc.code.resource_exhausted, b"too many watches; use Check")
        else:
            watch = _Watch(self._cygrpc, exchange, service, self._open)
            watch.tell(self._health.status(service))

    def look(self) -> None:
        """Tell every watcher whose status has changed."""
        for watch in self._open:
            watch.tell(self._health.status(watch.service))

    def end(self) -> None:
        """End every watch with OK, once what is being told has been."""
        for watch in self._open:
            watch.end()


class _Watch:
    """One status is sent at a time; the exchange is over when the caller has left or been told the end."""

    def __init__(self, cygrpc: Cygrpc, exchange: Exchange, service: str, watches: "set[_Watch]") -> None:
        self.service = service
        self._cygrpc = cygrpc
        self._exchange = exchange
        self._watches = watches
        self._told: Status | None = None
        self._is_sending = self._is_ending = False
        exchange.call.start_server_batch((cygrpc.receive_close(0),), self._left)
        watches.add(self)

    def tell(self, status: Status) -> None:
        if self._is_sending or self._is_ending or status == self._told:
            return
        is_first, self._told, self._is_sending = self._told is None, status, True
        message = self._cygrpc.send_message(encoded(status), 0)
        opening = (self._cygrpc.send_metadata(None, 0),) if is_first else ()
        self._start((*opening, message), self._sent)

    def end(self) -> None:
        if not self._is_ending:
            self._is_ending = True
            if not self._is_sending:
                self._finish()

    def _sent(self, _event: Event) -> None:
        self._is_sending = False
        if self._is_ending:
            self._finish()

    def _finish(self) -> None:
        self._start((self._cygrpc.send_status(None, self._cygrpc.code.ok, b"", 0),), self._finished)

    def _finished(self, _event: Event) -> None:
        """Hold the call until its status has been sent."""

    def _start(self, operations: Sequence[object], tag: Tag) -> None:
        try:
            self._exchange.call.start_server_batch(operations, tag)
        except Exception:  # noqa: BLE001 (core says so with exceptions of several kinds)
            _log.exception("a health watch took no more operations")  # `_left` follows

    def _left(self, event: Event) -> None:
        self._is_ending = True
        self._watches.discard(self)
        self._exchange.closed(event)
