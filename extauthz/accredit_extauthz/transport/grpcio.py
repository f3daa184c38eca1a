"""Check and health on the public grpc API, with bytes passed through as they came."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc

from accredit_extauthz.transport.answering import single
from accredit_extauthz.transport.health import Health
from accredit_extauthz.transport.limits import Limits, channel_options
from accredit_extauthz.transport.port import SERVICE, Handler, ListenFailed, Ready
from accredit_extauthz.transport.unix_socket import owner_only, remove, socket_path


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
        limits = Limits() if limits is None else limits
        self._listen = listen
        self._credentials = credentials
        self._health = Health(ready, SERVICE)
        self._workers = ThreadPoolExecutor(limits.workers, thread_name_prefix="check")
        self._server = grpc.server(
            self._workers,
            handlers=[_authorization(single(handler, fallback)), self._health.handlers()],
            options=channel_options(limits),
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


def _authorization(answer: Handler) -> grpc.GenericRpcHandler:
    def check(data: bytes, context: grpc.ServicerContext) -> bytes:
        if context.time_remaining() == 0:  # it waited for a worker until nobody waited for it
            context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "the deadline passed before the request was handled")
        return answer(data)

    # No (de)serialisers: grpc passes the bytes through.
    method: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(check)
    return grpc.method_handlers_generic_handler(SERVICE, {"Check": method})
