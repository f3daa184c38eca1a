"""The completion queue's one thread: takes calls, and answers the Checks that wait at the same time as a group.

A group is answered when every open call has brought its message, when it is full, or when nothing more has come. So a
lone request is answered at once, and under load what a group does once (a write, a wake-up) is shared.
"""

import logging
import time
from collections.abc import Callable, Sequence

from accredit_extauthz.transport.cygrpc_contract import CoreServer, Cygrpc, Event, Queue
from accredit_extauthz.transport.exchange import Exchange, Ledger, ending
from accredit_extauthz.transport.health import LOOK_AGAIN_S, Health, Status, encoded, service_named
from accredit_extauthz.transport.port import SERVICE
from accredit_extauthz.transport.watches import Watches

_log = logging.getLogger(__name__)

_GROUP = 64  # more gains nothing and keeps the first one waiting
_REQUESTED = 64  # calls that core may hand over before it is asked again
_now_s = time.time  # noqa: TID251 (gRPC states deadlines in this clock, and they are met here)


class CheckLoop:
    """Serves `queue` until the tag `over` completes. All but `request_calls` and `over` is for the thread of `run`."""

    def __init__(
        self,
        cygrpc: Cygrpc,
        server: CoreServer,
        answer: Callable[[Sequence[bytes]], Sequence[bytes]],
        health: Health,
        max_open: int,
    ) -> None:
        self.queue: Queue = cygrpc.queue()
        self._cygrpc = cygrpc
        self._server = server
        self._answer = answer
        self._health = health
        self._max_open = max_open
        self._ledger = Ledger()
        self._group: list[Exchange] = []
        self._watches = Watches(cygrpc, health)
        self._look_at_s = 0.0
        self._is_over = False
        self._takers: dict[bytes, Callable[[Exchange], None]] = {
            f"/{SERVICE}/Check".encode(): self._group.append,
            b"/grpc.health.v1.Health/Check": self._tell_health,
            b"/grpc.health.v1.Health/Watch": self._watches.take,
        }

    def request_calls(self) -> None:
        """Ask core for the first calls; after the server has started."""
        for _ in range(_REQUESTED):
            self._request_call()

    def run(self) -> None:
        """Return when the queue is shut down and empty."""
        while not self._is_over:
            try:
                self._turn()
            except Exception:  # noqa: BLE001 (one call is lost; without the loop all would be)
                _log.exception("an event of the completion queue failed")
        self._group.clear()
        # From here on no batch may start: core aborts the process when one does.
        self.queue.shutdown()
        while self.queue.poll(None).completion_type != self._cygrpc.queue_shutdown:
            pass

    def over(self, _event: Event) -> None:
        """Return from `run` soon: the tag of the server's end."""
        self._is_over = True

    def _turn(self) -> None:
        # No reference outlives the turn: the last call would live while the loop waits for the next.
        event = self._next()
        if event.tag is not None:
            event.tag(event)

    def _next(self) -> Event:
        group = self._group
        if group:
            if self._ledger.awaited and len(group) < _GROUP:
                event = self.queue.poll(0)
                if event.tag is not None:
                    return event
            self._answer_group()
        if not self._watches:
            return self.queue.poll(None)
        if _now_s() >= self._look_at_s:
            self._look_at_s = _now_s() + LOOK_AGAIN_S
            self._watches.look()
        return self.queue.poll(self._look_at_s)

    def _request_call(self) -> None:
        try:
            self._server.request_call(self.queue, self.queue, self._opened)
        except ValueError:
            return  # the server shuts down

    def _opened(self, event: Event) -> None:
        if not event.success:  # the server shuts down, and what was asked for comes back
            self._watches.end()
            return
        self._request_call()
        call, details, ledger = event.call, event.call_details, self._ledger
        take = self._takers.get(details.method)
        if take is None:
            call.start_server_batch(
                ending(self._cygrpc, self._cygrpc.code.unimplemented, b"no such method"), _Held(call)
            )
        elif ledger.open >= self._max_open:
            refusal = ending(self._cygrpc, self._cygrpc.code.resource_exhausted, b"too many calls at a time")
            call.start_server_batch(refusal, _Held(call))
        else:
            Exchange(self._cygrpc, ledger, call, details.deadline, take).receive()

    def _answer_group(self) -> None:
        now_s = _now_s()
        group = [exchange for exchange in self._group if exchange.deadline > now_s]
        for exchange in self._group if len(group) < len(self._group) else ():
            if exchange.deadline <= now_s:  # nobody waits for it any more
                exchange.end(self._cygrpc.code.deadline_exceeded, b"the deadline passed before the request was handled")
        self._group.clear()
        if group:
            for exchange, answer in zip(group, self._answer([each.message for each in group]), strict=True):
                exchange.reply(answer)

    def _tell_health(self, exchange: Exchange) -> None:
        service, code = service_named(exchange.message), self._cygrpc.code
        if service is None:
            exchange.end(code.invalid_argument, b"the bytes are no HealthCheckRequest")
        elif (status := self._health.status(service)) == Status.SERVICE_UNKNOWN:
            exchange.end(code.not_found, b"no such service")
        else:
            exchange.reply(encoded(status))


class _Held:
    """A tag that only keeps its call alive."""

    def __init__(self, call: object) -> None:
        self._call = call

    def __call__(self, _event: Event) -> None:
        """Let go."""
