"""Check and health on a completion queue of grpcio's core, polled by one thread: a fraction of grpc.server's cost.

Everything private to grpcio is in `cygrpc_contract`.
"""

import threading
from pathlib import Path

from grpc import ServerCredentials

from accredit_extauthz.transport.answering import grouped
from accredit_extauthz.transport.check_loop import CheckLoop
from accredit_extauthz.transport.cygrpc_contract import CoreServer, agreed, core_credentials
from accredit_extauthz.transport.health import Health
from accredit_extauthz.transport.limits import Limits, channel_options
from accredit_extauthz.transport.port import SERVICE, Handler, ListenFailed, Ready
from accredit_extauthz.transport.unix_socket import owner_only, remove, socket_path

_XDS = False


class CompletionQueueServer:
    """One listener. `fallback` is sent when the handler fails, because an empty CheckResponse would mean "allow".

    Raises ContractBroken where the installed grpcio cannot be used in this way.
    """

    def __init__(
        self,
        handler: Handler,
        fallback: bytes,
        ready: Ready,
        listen: str,
        *,
        credentials: ServerCredentials | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._limits = Limits() if limits is None else limits
        self._answer = grouped(handler, fallback)
        self._listen = listen
        self._credentials = credentials
        self._health = Health(ready, SERVICE)
        self._cygrpc = agreed()
        self._running: _Running | None = None
        self._lock = threading.Lock()

    def start(self) -> str:
        """Listen, and return the address as bound. Raises ListenFailed."""
        server = self._cygrpc.server(channel_options(self._limits), _XDS)
        loop = CheckLoop(self._cygrpc, server, self._answer, self._health, self._limits.max_in_flight)
        server.register_completion_queue(loop.queue)
        try:
            address = self._bound(server)
        except ListenFailed:
            server.destroy()
            raise
        self._running = _Running(server, loop)
        return address

    def stop(self, drain_s: float, grace_s: float) -> None:
        """Say NOT_SERVING for `drain_s`, then take no calls and give those under way `grace_s`."""
        self._health.drain()
        self._health.close_after(drain_s)
        with self._lock:  # a second caller returns when the first is done
            running, self._running = self._running, None
            if running is None:
                return
            running.stop(grace_s)
            path = socket_path(self._listen)
            if path is not None:
                remove(path)

    def _bound(self, server: CoreServer) -> str:
        path = socket_path(self._listen)
        if path is not None:
            return self._bound_socket(server, path)
        return f"{self._listen.rpartition(':')[0]}:{self._port(server)}"

    def _bound_socket(self, server: CoreServer, path: Path) -> str:
        with owner_only(path):
            self._port(server)
        return self._listen

    def _port(self, server: CoreServer) -> int:
        address = self._listen.encode()
        if self._credentials is None:
            port = server.add_http2_port(address)
        else:
            port = server.add_http2_port(address, core_credentials(self._credentials))
        if not port:
            raise ListenFailed(f"cannot listen on {self._listen}; is the port free and the address ours?")
        return port


class _Running:
    """A server that is started, and the thread that serves it."""

    def __init__(self, server: CoreServer, loop: CheckLoop) -> None:
        self._server = server
        self._loop = loop
        self._thread = threading.Thread(target=loop.run, name="check", daemon=True)
        server.start()
        loop.request_calls()
        self._thread.start()

    def stop(self, grace_s: float) -> None:
        self._server.shutdown(self._loop.queue, self._loop.over)
        self._thread.join(grace_s)
        if self._thread.is_alive():
            self._server.cancel_all_calls()  # call by call would take seconds
            self._thread.join()
        # Here, where `shutdown` has returned and nobody polls: on the loop's thread it would crash now and then.
        self._server.destroy()
