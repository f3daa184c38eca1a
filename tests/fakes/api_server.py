"""A small API server over plain HTTP: lists and watches of ConfigMaps, Leases, and faults on demand."""

import http.server
import json
import threading
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accredit_extauthz.contract.publication import BEAT_NAME, HEAD_NAME
from fakes import publication
from fakes.loopback import Loopback
from fakes.publication import Publication

LIST, PROBE, WATCH, LEASE = "list", "probe", "watch", "lease"


@dataclass
class Fault:
    """What befalls the next request of a kind. `answer` writes it; it may use everything of the handler."""

    kind: str
    answer: Callable[["_Handler"], None]


class FakeApiServer(Loopback):
    """What a source sees of a cluster, and what was asked of it."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self._server.api = self  # type: ignore[attr-defined]  # for the handler
        self.contents: dict[str, bytes | None] = {}
        self.history: list[tuple[str, str, bytes | None]] = []
        self.leases: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.tokens: list[str | None] = []
        self.faults: list[Fault] = []
        self.oldest = 0  # versions below are gone
        self.cuts = 0
        self.changed = threading.Condition()
        self.is_closed = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __exit__(self, *_: object) -> None:
        with self.changed:
            self.is_closed = True
            self.changed.notify_all()
        super().__exit__()

    def put(self, name: str, content: bytes | None) -> None:
        with self.changed:
            self.history.append(("MODIFIED" if name in self.contents else "ADDED", name, content))
            self.contents[name] = content
            self.changed.notify_all()

    def delete(self, name: str) -> None:
        with self.changed:
            self.history.append(("DELETED", name, self.contents.pop(name)))
            self.changed.notify_all()

    def publish(self, published: Publication) -> None:
        for name, content in published.contents().items():
            self.put(name, content)

    def forget_history(self) -> None:
        """End every watch, and answer 410 to those that go on from before."""
        with self.changed:
            self.history.append(("BOOKMARK", "", None))
            self.oldest = len(self.history)
            self.changed.notify_all()

    def cut_watches(self) -> None:
        """Close every watch that stands without a word."""
        with self.changed:
            self.cuts += 1
            self.changed.notify_all()

    def wait_beyond(self, version: int) -> tuple[list[tuple[str, str, bytes | None]], bool]:
        """Return what happened since `version`, after a short wait for it, and whether its history is gone."""
        with self.changed:
            self.changed.wait_for(lambda: len(self.history) > version or self.is_closed, timeout=0.1)
            return self.history[version:], version < self.oldest

    def next(self, kind: str, answer: Callable[["_Handler"], None], times: int = 1) -> None:
        """Have `answer` befall the next requests of `kind`."""
        self.faults.extend([Fault(kind, answer)] * times)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def answer_json(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def begin_chunks(self) -> None:
        self.send_response(200)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def do_GET(self) -> None:
        api, url = self._api, urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        if "/leases" in url.path:
            self._lease("GET")
        elif "watch" in query:
            self._unless_faulty(WATCH, lambda: self._watch(int(query["resourceVersion"])))
        elif " in " in query["labelSelector"]:
            found = {name: api.contents[name] for name in (HEAD_NAME, BEAT_NAME) if name in api.contents}
            self._unless_faulty(PROBE, lambda: self.answer_json(200, publication.listed(found, str(len(api.history)))))
        else:
            self._unless_faulty(LIST, self._list)

    def do_POST(self) -> None:
        self._lease("POST")

    def do_PUT(self) -> None:
        self._lease("PUT")

    def log_message(self, *_: object) -> None:
        pass

    @property
    def _api(self) -> FakeApiServer:
        return self.server.api

    def _unless_faulty(self, kind: str, answer: Callable[[], None]) -> None:
        api = self._api
        api.asked.append(kind)
        api.tokens.append(self.headers.get("authorization"))
        fault = next((fault for fault in api.faults if fault.kind == kind), None)
        if fault is None:
            answer()
        else:
            api.faults.remove(fault)
            fault.answer(self)

    def _list(self) -> None:
        with self._api.changed:
            body = publication.listed(self._api.contents, str(len(self._api.history)))
        self.answer_json(200, body)

    def _watch(self, version: int) -> None:
        api = self._api
        self.begin_chunks()
        cuts = api.cuts
        try:
            while not api.is_closed and api.cuts == cuts:
                fresh, is_gone = api.wait_beyond(version)
                if is_gone:
                    self.chunk(publication.status_event(410))
                    self.chunk(b"")
                    return
                for kind, name, content in fresh:
                    version += 1
                    self.chunk(publication.event(kind, name, content, str(version)))
        except OSError:
            pass
        self.close_connection = True

    def _lease(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self._unless_faulty(LEASE, lambda: self._take_lease(method, json.loads(body) if body else {}))

    def _take_lease(self, method: str, asked: dict[str, Any]) -> None:
        leases = self._api.leases
        name = asked["metadata"]["name"] if asked else self.path.rpartition("/")[2].partition("?")[0]
        found = leases.get(name)
        if method != "POST" and found is None:
            return self.answer_json(404, b"{}")
        if method == "GET":
            return self.answer_json(200, json.dumps(found).encode())
        version = found["metadata"]["resourceVersion"] if found else "0"
        if (method == "POST") is (found is not None) or asked["metadata"].get("resourceVersion", "0") != version:
            return self.answer_json(409, b"{}")
        asked["metadata"]["resourceVersion"] = str(int(version) + 1)
        leases[name] = asked
        return self.answer_json(200, json.dumps(asked).encode())


# --- faults


def refused(status: int, retry_after: str | None = None) -> Callable[[_Handler], None]:
    headers = {} if retry_after is None else {"retry-after": retry_after}
    return lambda handler: handler.answer_json(status, b'{"message":"no"}', headers)


def reset(handler: _Handler) -> None:
    """Close without a word."""
    handler.close_connection = True


def half_a_body(handler: _Handler) -> None:
    """Promise more than comes."""
    body = publication.listed(handler._api.contents, "1")
    handler.send_response(200)
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.close_connection = True


def truncated_json(handler: _Handler) -> None:
    """Send half the JSON as though it were all."""
    body = publication.listed(handler._api.contents, "1")
    handler.answer_json(200, body[: len(body) // 2])


def lines(*sent: bytes, ends: bool = True) -> Callable[[_Handler], None]:
    """A watch that says this and ends: properly, or in the middle of a chunk."""

    def answer(handler: _Handler) -> None:
        handler.begin_chunks()
        for line in sent:
            handler.chunk(line)
        if ends:
            handler.chunk(b"")
        else:
            handler.wfile.write(b"ffff\r\n{")
            handler.close_connection = True

    return answer


def silent(seconds: float) -> Callable[[_Handler], None]:
    """A watch that stands and says nothing."""

    def answer(handler: _Handler) -> None:
        handler.begin_chunks()
        _pause(handler, seconds)
        handler.close_connection = True

    return answer


def slow(seconds: float) -> Callable[[_Handler], None]:
    """A list that takes its time."""

    def answer(handler: _Handler) -> None:
        _pause(handler, seconds)
        handler._list()

    return answer


def _pause(handler: _Handler, seconds: float) -> None:
    ends_at = time.monotonic() + seconds
    while not handler._api.is_closed and time.monotonic() < ends_at:
        time.sleep(0.02)
