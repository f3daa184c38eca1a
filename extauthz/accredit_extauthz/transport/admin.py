"""/metrics, /healthz and /readyz over plain HTTP: for Prometheus and the kubelet, on the pod's own network."""

import logging
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from accredit_extauthz.transport.port import ListenFailed, Ready

_log = logging.getLogger(__name__)

_MAX_CONNECTIONS = 16
_IDLE_S = 5.0  # between two reads
_WHOLE_S = 15.0  # from accept to close, however the client trickles
_STOP_WITHIN_S = 0.1
_TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Pages:
    """What the pages say. `metrics` is an exposition in the format that `metrics_type` names."""

    metrics: Callable[[], bytes]
    metrics_type: str
    ready: Ready


class AdminServer:
    """The HTTP server of one process, in threads of its own."""

    def __init__(self, pages: Pages, host: str, port: int) -> None:
        try:
            self._server = _Bounded((host, port), pages)
        except OSError as problem:
            raise ListenFailed(f"cannot listen on {host}:{port}: {problem.strerror or problem}") from problem
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_STOP_WITHIN_S,), name="admin", daemon=True
        )

    def start(self) -> int:
        """Serve, and return the port as bound."""
        self._thread.start()
        return int(self._server.server_address[1])

    def _serve(self) -> None:
        self._server.serve_forever(_STOP_WITHIN_S)

    def stop(self) -> None:
        """Return when the port is closed; answers under way may be cut."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Bounded(ThreadingHTTPServer):
    """At most 16 connections, none longer than 15 s: what a slow client holds is little and not for long."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], pages: Pages) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.pages = pages
        self._free = threading.Semaphore(_MAX_CONNECTIONS)
        super().__init__(address, _Page)

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        assert isinstance(request, socket.socket)
        cut = threading.Timer(_WHOLE_S, _cut, (request,))
        cut.daemon = True
        cut.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            cut.cancel()
            self._free.release()

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 (socketserver's)
        level = logging.DEBUG if isinstance(sys.exception(), OSError) else logging.ERROR  # OSError: the client left
        _log.log(level, "no page for %s", client_address, exc_info=True)


def _cut(request: socket.socket) -> None:
    with suppress(OSError):
        request.shutdown(socket.SHUT_RDWR)


class _Page(BaseHTTPRequestHandler):
    timeout = _IDLE_S
    server_version = "accredit"
    sys_version = ""
    server: _Bounded

    def do_GET(self) -> None:
        status, kind, body = self._found()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 (the name http.server looks for)

    def _found(self) -> tuple[HTTPStatus, str, bytes]:
        pages = self.server.pages
        match self.path.partition("?")[0]:
            case "/metrics":
                return HTTPStatus.OK, pages.metrics_type, pages.metrics()
            case "/healthz":
                return HTTPStatus.OK, _TEXT, b"ok\n"
            case "/readyz" if pages.ready():
                return HTTPStatus.OK, _TEXT, b"ready\n"
            case "/readyz":
                return HTTPStatus.SERVICE_UNAVAILABLE, _TEXT, b"not ready: no verified snapshot, or draining\n"
            case _:
                return HTTPStatus.NOT_FOUND, _TEXT, b"only /metrics, /healthz and /readyz are here\n"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name http.server gives it)
        _log.debug(format, *args)
