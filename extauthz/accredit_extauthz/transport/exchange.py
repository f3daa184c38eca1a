"""One call on the completion queue: a message is received, an answer or a status sent, and the call is closed.

An exchange is the owner of its own tags, so that it lives until its last batch has completed.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from accredit_extauthz.transport.cygrpc_contract import Call, Cygrpc, Event, Tag

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Ledger:
    """How many exchanges there are; kept by the loop's thread alone."""

    open: int = 0
    awaited: int = 0  # of these, whose message has not come


class Exchange:
    """A call that counts as open. `take` gets the message, and sees to it that `reply` or `end` follows."""

    __slots__ = ("_cygrpc", "_ledger", "_take", "call", "deadline", "message")

    def __init__(
        self, cygrpc: Cygrpc, ledger: Ledger, call: Call, deadline: float, take: "Callable[[Exchange], None]"
    ) -> None:
        self._cygrpc = cygrpc
        self._ledger = ledger
        self._take = take
        self.call = call
        self.deadline = deadline
        self.message = b""
        ledger.open += 1

    def receive(self) -> None:
        """Ask for the message."""
        self._ledger.awaited += 1
        self.start((self._cygrpc.receive_message(0),), self._received)

    def reply(self, answer: bytes) -> None:
        """Answer, and close with OK."""
        cygrpc = self._cygrpc
        self.start(
            (
                cygrpc.send_metadata(None, 0),
                cygrpc.send_message(answer, 0),
                cygrpc.send_status(None, cygrpc.code.ok, b"", 0),
                cygrpc.receive_close(0),
            ),
            self.closed,
        )

    def end(self, code: int, details: bytes) -> None:
        """Close with a status and no answer."""
        self.start(ending(self._cygrpc, code, details), self.closed)

    def start(self, operations: Sequence[object], tag: Tag) -> None:
        """Start a batch. Where core takes none the exchange is over: without a reference the call is cancelled."""
        try:
            self.call.start_server_batch(operations, tag)
        except Exception:  # noqa: BLE001 (core says so with exceptions of several kinds)
            _log.exception("a call took no more operations and was dropped")
            self._ledger.open -= 1

    def closed(self, _event: Event) -> None:
        """Count the exchange as over."""
        self._ledger.open -= 1

    def _received(self, event: Event) -> None:
        self._ledger.awaited -= 1
        message = event.batch_operations[0].message()
        if message is None:  # cancelled, too large (core has answered), or half-closed with nothing
            self.end(self._cygrpc.code.unimplemented, b"exactly one request message is needed")
            return
        self.message = message
        try:
            self._take(self)
        except Exception:  # noqa: BLE001 (the caller learns of a fault, the loop goes on)
            _log.exception("a call failed")
            self.end(self._cygrpc.code.unknown, b"a fault inside Accredit; see its log")


def ending(cygrpc: Cygrpc, code: int, details: bytes) -> Sequence[object]:
    """Return the operations that close a call on which nothing was sent."""
    return (
        cygrpc.send_metadata(None, 0),
        cygrpc.send_status(None, code, details, 0),
        cygrpc.receive_close(0),
    )
