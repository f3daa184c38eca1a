"""A plain HTTP server that answers with what it was sent, and a caller of it through Envoy."""

import http.client
import http.server
import json
from dataclasses import dataclass

from accredit_cli.demo.player import mint
from accredit_cli.demo.steps import Token
from fakes.loopback import Loopback

HOST = "api.example"
AUDIENCE = "https://api.example"


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self):
        size = int(self.headers.get("content-length") or 0)
        seen = {"method": self.command, "path": self.path, "headers": self.headers.items(), "size": size}
        self.rfile.read(size)
        self.server.seen.append(seen)
        body = json.dumps(seen).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = do_TRACE = _answer  # noqa: N815 -- http.server's names

    def log_message(self, *arguments):
        pass


class Echo(Loopback):
    """The server; `seen` holds every request that reached it."""

    def __init__(self):
        super().__init__(_Handler)
        self._server.seen = []

    @property
    def seen(self):
        return self._server.seen


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict
    body: bytes

    @property
    def reason(self):
        return self.headers.get("x-accredit-reason")

    @property
    def upstream(self):
        """What the upstream saw: header names as they came, in lower case only if they were."""
        return json.loads(self.body)["headers"]

    def told(self, name):
        return [value for key, value in self.upstream if key == name]


class Api:
    """Calls the echo server through Envoy, as an agent of alice's unless told otherwise."""

    def __init__(self, stack, echo, now):
        self.stack = stack
        self.echo = echo
        self._now = now

    def bearer(self, **changes):
        wanted = Token(**{"audience": AUDIENCE} | changes)
        return {"authorization": f"Bearer {mint(self.stack.workspace.key, wanted, int(self._now()))}"}

    def call(self, path, headers=(), method="GET", body=None, host=HOST):
        """Send one request with exactly these headers, a mapping or pairs."""
        connection = http.client.HTTPConnection("127.0.0.1", self.stack.port, timeout=10)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", host)
            for name, value in headers.items() if isinstance(headers, dict) else headers:
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("content-length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()
