"""An admission webhook on the way of the operator's writes: the API server fails or holds those that it names."""

import base64
import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from real.kube.admin import NAMESPACE, Admin

_CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
_NAME = "gate.tests.accredit.dev"
_LONGEST_S = 30  # what a webhook may take at most
_EVERY = {"apiVersions": ["*"], "scope": "*"}
_RULES = [
    {**_EVERY, "apiGroups": ["accredit.dev"], "resources": ["*/status"], "operations": ["UPDATE"]},
    {**_EVERY, "apiGroups": [""], "resources": ["configmaps"], "operations": ["CREATE", "UPDATE"]},
]

Chosen = Callable[[Mapping[str, Any]], bool]
"""Whether an admission request (`name`, `resource`, `subResource` and more) is meant."""


def is_status(request: Mapping[str, Any]) -> bool:
    return request.get("subResource") == "status"


def is_named(prefix: str) -> Chosen:
    return lambda request: str(request.get("name", "")).startswith(prefix)


class Gate:
    """Stands before every write of a ConfigMap and of a status, and lets it pass unless told otherwise.

    `folder` holds the control plane's certificates.
    """

    def __init__(self, kube: Admin, folder: Path) -> None:
        self._kube = kube
        self._authority = (folder / "ca.crt").read_bytes()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.crt", folder / "server.key")
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._failing: Chosen | None = None
        self._holding: Chosen | None = None
        self._open = threading.Event()
        self._asked = 0
        self.failed = self.held = 0  # writes so far

    def __enter__(self) -> Self:
        self._thread.start()
        self._kube.request("POST", _CONFIGURATIONS, self._configuration())
        try:
            self._kube.until(self._is_asked)
        except BaseException:
            self._remove()  # what stays in the API server and is not answered would fail every later write
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.set()
        self._remove()
        self._kube.until(lambda: not self._is_asked())
        self._server.shutdown()
        self._server.server_close()

    @contextlib.contextmanager
    def failing(self, chosen: Chosen) -> Iterator[None]:
        """Have these writes answered with 500 for as long as the block lasts."""
        self._failing = chosen
        try:
            yield
        finally:
            self._failing = None

    @contextlib.contextmanager
    def holding(self, chosen: Chosen) -> Iterator[None]:
        """Have these writes wait, until the block ends or the API server gives up after half a minute."""
        self._open.clear()
        self._holding = chosen
        try:
            yield
        finally:
            self._holding = None
            self._open.set()

    def admits(self, request: Mapping[str, Any]) -> bool:
        """Whether a write passes, once that is settled; if not, it fails."""
        self._asked += 1
        if self._failing is not None and self._failing(request):
            self.failed += 1
            return False
        if self._holding is not None and self._holding(request):
            self.held += 1
            self._open.wait(_LONGEST_S)
        return True

    def _is_asked(self) -> bool:
        """Whether the API server asks us about a write that changes nothing."""
        before = self._asked
        probe = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "probe-"}}
        self._kube.request("POST", f"/api/v1/namespaces/{NAMESPACE}/configmaps?dryRun=All", probe)
        return self._asked > before

    def _remove(self) -> None:
        self._kube.request("DELETE", f"{_CONFIGURATIONS}/{_NAME}")

    def _configuration(self) -> dict[str, Any]:
        client = {
            "url": f"https://127.0.0.1:{self._server.server_address[1]}/",
            "caBundle": base64.b64encode(self._authority).decode(),
        }
        hook = {
            "name": _NAME,
            "clientConfig": client,
            "rules": _RULES,
            "failurePolicy": "Fail",
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
            "timeoutSeconds": _LONGEST_S,
        }
        return {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": _NAME},
            "webhooks": [hook],
        }


def _handler(gate: Gate) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            passes = gate.admits(review["request"])
            answer = {**review, "response": {"uid": review["request"]["uid"], "allowed": True}}
            body = json.dumps(answer).encode()
            with contextlib.suppress(OSError):  # who asked has gone
                self.send_response(200 if passes else 500)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
