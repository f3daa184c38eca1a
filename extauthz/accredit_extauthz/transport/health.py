"""grpc.health.v1: SERVING while there is something to answer from, NOT_SERVING from the start of a drain."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NoReturn

import grpc
from google.protobuf.message import DecodeError

from accredit_extauthz.transport.health_pb2 import HealthCheckRequest, HealthCheckResponse
from accredit_extauthz.transport.port import Ready

Status = HealthCheckResponse.ServingStatus
MAX_WATCHERS = 16  # on grpcio each holds a thread for as long as it likes
LOOK_AGAIN_S = 0.2  # how late a watcher may learn of a change


class Health:
    """The health service. The empty name and `service` are the one thing that it knows of."""

    def __init__(self, ready: Ready, service: str) -> None:
        self._ready = ready
        self._names = ("", service)
        self._draining = threading.Event()
        self._closed = threading.Event()

    def drain(self) -> None:
        """Answer NOT_SERVING from now on."""
        self._draining.set()

    def close_after(self, seconds: float) -> None:
        """Return after `seconds` with every watch ended, so that none outlives the drain."""
        self._closed.wait(seconds)
        self._closed.set()

    def status(self, service: str) -> Status:
        """Return what there is to say of a service now."""
        if service not in self._names:
            return Status.SERVICE_UNKNOWN
        if self._draining.is_set() or not self._ready():
            return Status.NOT_SERVING
        return Status.SERVING

    def handlers(self) -> grpc.GenericRpcHandler:
        """Return the service as grpc takes it."""
        return grpc.method_handlers_generic_handler(
            "grpc.health.v1.Health",
            {
                "Check": grpc.unary_unary_rpc_method_handler(self._check),
                "Watch": grpc.unary_stream_rpc_method_handler(_Watch(self._statuses)),
            },
        )

    def _check(self, data: bytes, context: grpc.ServicerContext) -> bytes:
        status = self.status(_service(data, context))
        if status == Status.SERVICE_UNKNOWN:
            context.abort(grpc.StatusCode.NOT_FOUND, "no such service")
        return encoded(status)

    def _statuses(self, data: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        """Yield the status now, and again whenever it has changed, until the caller leaves or the server closes."""
        service = _service(data, context)
        told: Status | None = None
        gone = threading.Event()
        context.add_callback(gone.set)
        while not self._closed.is_set() and not gone.is_set():
            status = self.status(service)
            if status != told:
                told = status
                yield encoded(status)
            gone.wait(LOOK_AGAIN_S)


class _Watch:
    """Watches in threads of their own: grpc reads the attribute, and the workers stay free for Check."""

    def __init__(self, statuses: Callable[[bytes, grpc.ServicerContext], Iterator[bytes]]) -> None:
        self._statuses = statuses
        self._free = threading.Semaphore(MAX_WATCHERS)
        self.experimental_thread_pool = ThreadPoolExecutor(MAX_WATCHERS + 1, thread_name_prefix="health-watch")

    def __call__(self, data: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        if not self._free.acquire(blocking=False):
            _abort(context, grpc.StatusCode.RESOURCE_EXHAUSTED, "too many watches; use Check")
        try:
            yield from self._statuses(data, context)
        finally:
            self._free.release()


def service_named(data: bytes) -> str | None:
    """Return the service that a HealthCheckRequest asks for; None when the bytes are none."""
    try:
        return HealthCheckRequest.FromString(data).service
    except DecodeError:
        return None


def encoded(status: Status) -> bytes:
    """Return a HealthCheckResponse."""
    return HealthCheckResponse(status=status).SerializeToString()


def _service(data: bytes, context: grpc.ServicerContext) -> str:
    service = service_named(data)
    if service is None:
        _abort(context, grpc.StatusCode.INVALID_ARGUMENT, "the bytes are no HealthCheckRequest")
    return service


def _abort(context: grpc.ServicerContext, code: grpc.StatusCode, details: str) -> NoReturn:
    context.abort(code, details)
