"""What the operator counts, and the address where it is scraped and probed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET6
from threading import Thread
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

MANIFESTS_KIND = "Manifests"  # label of a reconciliation of the whole tree


class ReadyObject(Protocol):
    """An object by name, and whether it is ready."""

    @property
    def identity(self) -> tuple[str, str, str]:
        """Kind, namespace and name."""

    @property
    def is_ready(self) -> bool:
        """Whether its Ready condition is True."""


class Metrics:
    """The operator's series."""

    def __init__(self, version: str) -> None:
        self.registry = CollectorRegistry()
        self._total = Counter(
            "accredit_reconcile", "Reconciliations, by kind and result.", ("kind", "result"), registry=self.registry
        )
        self._duration = Histogram(
            "accredit_reconcile_duration_seconds", "From reading to published.", registry=self.registry
        )
        self._ready = Gauge(
            "accredit_resource_ready",
            "Whether an object is ready, 1 or 0.",
            ("kind", "namespace", "name"),
            registry=self.registry,
        )
        build = Gauge("accredit_build_info", "The version that runs.", ("version",), registry=self.registry)
        build.labels(version).set(1)

    def reconciled(self, result: str, elapsed_ns: int, kinds: Iterable[str] = (MANIFESTS_KIND,)) -> None:
        """Count one reconciliation of objects of these kinds. `result` is success, unreadable or failed."""
        for kind in kinds:
            self._total.labels(kind, result).inc()
        self._duration.observe(elapsed_ns / 1e9)

    def show_objects(self, objects: Iterable[ReadyObject]) -> None:
        """Replace what is said of each object."""
        self._ready.clear()
        for one in objects:
            self._ready.labels(*one.identity).set(one.is_ready)


@dataclass(frozen=True, slots=True)
class Probes:
    """What the probes ask."""

    is_alive: Callable[[], bool]
    is_ready: Callable[[], bool]


class AdminServer:
    """Serves /metrics, /healthz and /readyz on a thread of its own."""

    def __init__(self, host: str, port: int, metrics: Metrics, probes: Probes) -> None:
        self._server = _server_class(host)((host, port), _handler(metrics, probes))
        self._thread = Thread(target=self._server.serve_forever, name="admin", daemon=True)

    @property
    def host(self) -> str:
        """The address that is listened on."""
        return str(self._server.server_address[0])

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True


class _Server6(_Server):
    address_family = AF_INET6


def _server_class(host: str) -> type[_Server]:
    return _Server6 if ":" in host else _Server


def _handler(metrics: Metrics, probes: Probes) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10  # seconds; a client that says nothing does not keep a thread

        def do_GET(self) -> None:
            match self.path.partition("?")[0]:
                case "/metrics":
                    self._answer(HTTPStatus.OK, generate_latest(metrics.registry), CONTENT_TYPE_LATEST)
                case "/healthz":
                    self._probe(is_well=probes.is_alive())
                case "/readyz":
                    self._probe(is_well=probes.is_ready())
                case _:
                    self._answer(HTTPStatus.NOT_FOUND, b"/metrics /healthz /readyz\n")

        def _probe(self, *, is_well: bool) -> None:
            status = HTTPStatus.OK if is_well else HTTPStatus.SERVICE_UNAVAILABLE
            self._answer(status, b"ok\n" if is_well else b"not yet\n")

        def _answer(self, status: HTTPStatus, body: bytes, content_type: str = "text/plain") -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Probes and scrapes are no events."""

    return Handler
