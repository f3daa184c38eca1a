"""A completion queue that tells what it was scripted to, and remembers what was started: `cygrpc` without a wire."""

import math
from dataclasses import dataclass, field
from typing import Any

from accredit_extauthz.transport.cygrpc_contract import Cygrpc

CHECK = b"/envoy.service.auth.v3.Authorization/Check"
SHUTDOWN = -1


@dataclass
class FakeCode:
    """Status codes, named after themselves."""

    def __getattr__(self, name: str) -> str:
        return name


@dataclass
class FakeEvent:
    """What a poll returns."""

    tag: Any = None
    success: bool = True
    completion_type: int = 0
    call: Any = None
    call_details: Any = None
    batch_operations: Any = ()


@dataclass
class FakeCall:
    """A call: when it is asked for its message the queue tells of it, when it is answered that is kept in `ended`."""

    wire: "FakeWire"
    data: bytes | None
    deadline: float = math.inf
    method: bytes = CHECK
    ended: list[Any] = field(default_factory=list)

    def start_server_batch(self, operations: tuple[Any, ...], tag: Any) -> None:
        if self.wire.broken:
            raise ValueError("call error 8")
        if operations[0] is None:
            self.wire.events.append(FakeEvent(tag, batch_operations=[self]))
        else:
            self.ended.append([each for each in operations if each is not None])
            self.wire.events.append(FakeEvent(tag))

    def message(self) -> bytes | None:
        return self.data


class FakeWire:
    """Core's server and its queue. `calls` open in turn; `idle` makes a poll find nothing; then the server is over."""

    def __init__(self) -> None:
        self.events: list[FakeEvent] = []
        self.deadlines: list[float | None] = []
        self.broken = False
        self.loop: Any = None
        self.asked = 0
        self._is_shut = False

    def cygrpc(self) -> Cygrpc:
        return Cygrpc(
            server=lambda options, xds: self,
            queue=lambda: self,
            receive_message=lambda flags: None,
            receive_close=lambda flags: None,
            send_metadata=lambda metadata, flags: "metadata",
            send_message=lambda message, flags: message,
            send_status=lambda metadata, code, details, flags: code,
            code=FakeCode(),
            queue_shutdown=SHUTDOWN,
        )

    def open(self, *calls: FakeCall) -> None:
        self.events += [FakeEvent(self.loop._opened, call=call, call_details=call) for call in calls]

    def request_call(self, call_queue: Any, server_queue: Any, tag: Any) -> None:
        self.asked += 1

    def poll(self, deadline: float | None) -> FakeEvent:
        self.deadlines.append(deadline)
        if self.events:
            return self.events.pop(0)
        if self._is_shut:
            return FakeEvent(completion_type=SHUTDOWN)
        return FakeEvent() if deadline == 0 else FakeEvent(self.loop.over)

    def shutdown(self) -> None:
        self._is_shut = True
