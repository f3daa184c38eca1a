"""What the completion queue uses of grpcio's private `cygrpc`, typed, and refused where it is not as it was.

These names have not moved from grpcio 1.62 to 1.85. Nothing else of the private module may be used.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

import grpc

OLDEST, NEWEST = (1, 62), (1, 85)  # grpcio, as tested

_MODULE = "grpc._cython.cygrpc"
_ATTRIBUTES: Mapping[str, Sequence[str]] = {
    "Server": (
        "add_http2_port",
        "cancel_all_calls",
        "destroy",
        "register_completion_queue",
        "request_call",
        "shutdown",
        "start",
    ),
    "CompletionQueue": ("poll", "shutdown"),
    "Call": ("start_server_batch",),
    "RequestCallEvent": ("tag", "success", "completion_type", "call", "call_details"),
    "BatchOperationEvent": ("tag", "success", "completion_type", "batch_operations"),
    "ReceiveMessageOperation": ("message",),
    "SendInitialMetadataOperation": (),
    "SendMessageOperation": (),
    "SendStatusFromServerOperation": (),
    "ReceiveCloseOnServerOperation": (),
    "CompletionType": ("queue_shutdown",),
    "StatusCode": (
        "ok",
        "unknown",
        "invalid_argument",
        "deadline_exceeded",
        "not_found",
        "resource_exhausted",
        "unimplemented",
    ),
}


class ContractBroken(Exception):
    """The installed grpcio is not as the completion queue needs it; the message says in what."""


class Received(Protocol):
    """The operation that receives a message."""

    def message(self) -> bytes | None:
        """Return the message; None when the call ended without one."""


class Call(Protocol):
    """One call. Dropping the last reference to one that was not ended cancels it."""

    def start_server_batch(self, operations: Sequence[object], tag: "Tag") -> object:
        """Start operations; one event with `tag` tells that all are done."""


class CallDetails(Protocol):
    """What is known of a call when it opens."""

    method: bytes
    deadline: float  # Unix seconds; infinity where the caller set none


class Event(Protocol):
    """Something completed, or a poll's time is up, which has no tag."""

    tag: "Tag | None"
    success: bool
    completion_type: int
    call: Call
    call_details: CallDetails
    batch_operations: Sequence[Received]


Tag = Callable[[Event], None]
"""What happens when something completes. Core holds it until then, and with it all that it refers to."""


class Queue(Protocol):
    """A completion queue."""

    def poll(self, deadline: float | None) -> Event:
        """Return the next event, waiting for it until `deadline` (Unix seconds) without the interpreter's lock."""

    def shutdown(self) -> None:
        """Take no more operations; the event `queue_shutdown` follows the last one."""


class CoreServer(Protocol):
    """A server of gRPC core."""

    def register_completion_queue(self, queue: Queue) -> None:
        """Use a queue; before `start`."""

    def add_http2_port(self, address: bytes, credentials: object = None) -> int:
        """Return the port as bound, 0 when it cannot be."""

    def start(self) -> None:
        """Accept connections."""

    def request_call(self, call_queue: Queue, server_queue: Queue, tag: Tag) -> object:
        """Ask for one call. Raises ValueError once the server shuts down."""

    def shutdown(self, queue: Queue, tag: Tag) -> None:
        """Take no more calls; `tag` completes when none is left."""

    def cancel_all_calls(self) -> None:
        """Cancel the calls that are left of a server that shuts down."""

    def destroy(self) -> None:
        """Free the server. Only on the thread that ran `shutdown`, after the thread that polls has ended."""


@dataclass(frozen=True, slots=True)
class Cygrpc:
    """The private names, found."""

    server: Callable[[Sequence[tuple[str, int]], bool], CoreServer]
    queue: Callable[[], Queue]
    receive_message: Callable[[int], object]
    receive_close: Callable[[int], object]
    send_metadata: Callable[[None, int], object]
    send_message: Callable[[bytes, int], object]
    send_status: Callable[[None, int, bytes, int], object]
    code: Any  # the enumeration of status codes; its members are ints
    queue_shutdown: int


def agreed(module: object = None, version: str = grpc.__version__) -> Cygrpc:
    """Return the names of `module`, by default of the installed grpcio. Raises ContractBroken."""
    _check_version(version)
    found: Any = _imported() if module is None else module
    for name, attributes in _ATTRIBUTES.items():
        _check(found, name, attributes)
    _check(grpc.ServerCredentials(None), "_credentials", ())
    return Cygrpc(
        server=found.Server,
        queue=found.CompletionQueue,
        receive_message=found.ReceiveMessageOperation,
        receive_close=found.ReceiveCloseOnServerOperation,
        send_metadata=found.SendInitialMetadataOperation,
        send_message=found.SendMessageOperation,
        send_status=found.SendStatusFromServerOperation,
        code=found.StatusCode,
        queue_shutdown=found.CompletionType.queue_shutdown,
    )


def core_credentials(credentials: grpc.ServerCredentials) -> object:
    """Return what `add_http2_port` takes for public credentials."""
    return credentials._credentials  # type: ignore[attr-defined]  # noqa: SLF001 (the one way from public to core)


def _imported() -> object:
    try:
        return import_module(_MODULE)
    except ImportError as problem:
        raise ContractBroken(f"grpcio {grpc.__version__} has no module {_MODULE}") from problem


def _check_version(version: str) -> None:
    try:
        major, minor = (int(part) for part in version.split(".")[:2])
    except ValueError as problem:
        raise ContractBroken(f"grpcio {version} has no version that can be compared") from problem
    if not OLDEST <= (major, minor) <= NEWEST:
        tested = f"{OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}"
        raise ContractBroken(f"grpcio {version} is not one of the versions that were tested, {tested}")


def _check(owner: object, name: str, attributes: Sequence[str]) -> None:
    found = getattr(owner, name, None)
    missing = next((attribute for attribute in attributes if not hasattr(found, attribute)), None)
    if not hasattr(owner, name):
        raise ContractBroken(f"this grpcio has no {name}")
    if missing is not None:
        raise ContractBroken(f"this grpcio has no {name}.{missing}")
