"""Check and health on the public grpc API, with bytes passed through as they came."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import grpc

from accredit_extauthz.transport.health import Health
from accredit_extauthz.transport.port import Handler, ListenFailed, Ready
from accredit_extauthz.transport.unix_socket import owner_only, remove, socket_path

_log = logging.getLogger(__name__)

SERVICE = "envoy.service.auth.v3.Authorization"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one server takes on at a time; beyond it callers get RESOURCE_EXHAUSTED, which Envoy turns into a denial."""

    workers: int = 8
    max_request_bytes: int = 1_048_576  # headers, certificate and buffered body together
    max_in_flight: int = 1_000
    max_streams: int = 1_000  # of one connection


class GrpcServer:
    """One listener. `fallback` is sent when the handler fails, because an empty CheckResponse would mean "allow"."""

    def __init__(
        self,
        handler: Handler,
        fallback: bytes,
        ready: Ready,
        listen: str,
        *,
        credentials: grpc.ServerCredentials | None = None,
        limits: Limits | None = None,
    ) -> None:
        if not fallback:
            raise ValueError("the fallback is empty, which means allow; give a denial")
        limits = Limits() if limits is None else limits
        self._listen = listen
        self._credentials = credentials
        self._health = Health(ready, SERVICE)
        self._workers = ThreadPoolExecutor(limits.workers, thread_name_prefix="check")
        self._server = grpc.server(
            self._workers,
            handlers=[_authorization(handler, fallback), self._health.handlers()],
            options=_options(limits),
            maximum_concurrent_rpcs=limits.max_in_flight,
        )

    def start(self) -> str:
        """Listen, and return the address as bound. Raises ListenFailed."""
        path = socket_path(self._listen)
        address = self._bind() if path is None else self._bind_socket(path)
        self._server.start()
        return address

    def stop(self, drain_s: float, grace_s: float) -> None:
        """Say NOT_SERVING for `drain_s`, then take no calls and give those under way `grace_s`."""
        self._health.drain()
        self._health.close_after(drain_s)
        self._server.stop(grace_s).wait()
        self._workers.shutdown()
        path = socket_path(self._listen)
        if path is not None:
            remove(path)

    def _bind(self) -> str:
        try:
            if self._credentials is None:
                port = self._server.add_insecure_port(self._listen)
            else:
                port = self._server.add_secure_port(self._listen, self._credentials)
        except RuntimeError as problem:
            raise ListenFailed(f"cannot listen on {self._listen}; is the port free and the address ours?") from problem
        return f"{self._listen.rpartition(':')[0]}:{port}"

    def _bind_socket(self, path: Path) -> str:
        with owner_only(path):
            self._bind()
        return self._listen


def _options(limits: Limits) -> tuple[tuple[str, int], ...]:
    return (
        ("grpc.so_reuseport", 0),  # a second process on the port fails where it can be seen
        ("grpc.max_receive_message_length", limits.max_request_bytes),
        ("grpc.max_concurrent_streams", limits.max_streams),
        # Envoy pings idle connections; without these it is told too_many_pings and disconnected.
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_recv_ping_interval_without_data_ms", 1_000),
        ("grpc.http2.max_ping_strikes", 0),
    )


def _authorization(handler: Handler, fallback: bytes) -> grpc.GenericRpcHandler:
    # No (de)serialisers: grpc passes the bytes through.
    check: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(_answering(handler, fallback))
    return grpc.method_handlers_generic_handler(SERVICE, {"Check": check})


def _answering(handler: Handler, fallback: bytes) -> Callable[[bytes, grpc.ServicerContext], bytes]:
    # A call whose deadline passed while it waited for a worker never gets here: grpc drops it.
    def check(data: bytes, _context: grpc.ServicerContext) -> bytes:
        try:
            answer = handler(data)
        except Exception:  # noqa: BLE001 (whatever escapes must become a denial here, or Envoy sees UNKNOWN)
            _log.exception("the handler of Check failed; the fallback denial was sent")
            return fallback
        if not answer:
            _log.error("the handler of Check returned nothing; the fallback denial was sent")
        return answer or fallback

    return check
