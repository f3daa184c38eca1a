"""Closed-loop HTTP/2 load by hand, so that the client is not what is measured.

Each connection keeps a number of streams busy until its calls are made, and counts those that were allowed. It writes
what a server must accept and reads what servers send; it is no general client.
"""

import select
import socket
import ssl
import struct
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITY = 1, 1, 4, 8, 32
FIRST_WINDOW, MAX_WINDOW, MAX_FRAME, HEAD = 65_535, 2**31 - 1, 16_384, 9
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
CHECK = {
    ":method": "POST",
    ":scheme": "http",
    ":path": "/envoy.service.auth.v3.Authorization/Check",
    ":authority": "localhost",
    "te": "trailers",
    "content-type": "application/grpc",
}

_READ_BYTES = 1 << 16
_STATUS_200 = 0x88  # RFC 7541, index 8 of the static table
_SHORT = 127  # RFC 7541 §5.1, a prefix of seven bits
_KIND, _TABLE_SIZE, _LONG = 0xE0, 0x20, 0x1F  # RFC 7541 §6.3, and a prefix of five bits that is full
_PATIENCE_MS = 20_000


class Request(NamedTuple):
    """One request: its encoded header block and its body."""

    fields: bytes
    body: bytes


class Done(NamedTuple):
    """What a number of calls took."""

    calls: int
    allowed: int
    took_s: float


Judge = Callable[[int, int, bytes], bool]
"""Tells of a frame's kind, flags and payload whether it says that the call is allowed."""


def allowed_check(kind: int, _flags: int, payload: bytes) -> bool:
    """Whether a frame holds a CheckResponse without a status code in it: that is what Envoy takes for allowed."""
    return kind == DATA and bool(payload) and not (payload[5:6] == b"\x0a" and payload[6] and payload[7] == 0x08)  # noqa: PLR2004 -- the tag of status.code


def ok_response(kind: int, flags: int, payload: bytes) -> bool:
    """Whether a frame begins a response of status 200."""
    if kind != HEADERS:
        return False
    at = (1 if flags & PADDED else 0) + (5 if flags & PRIORITY else 0)
    while payload[at] & _KIND == _TABLE_SIZE:
        is_long = payload[at] & _LONG == _LONG
        at += 1
        while is_long:
            is_long = payload[at] > _SHORT
            at += 1
    return payload[at] == _STATUS_200


def header_block(fields: Mapping[str, str]) -> bytes:
    """Return the fields as literals that are never indexed (RFC 7541 §6.2.3)."""
    return b"".join(b"\x10" + _text(name) + _text(value) for name, value in fields.items())


def _text(text: str) -> bytes:
    data, length = text.encode(), len(text.encode())
    if length < _SHORT:
        return bytes([length]) + data
    length, digits = length - _SHORT, [_SHORT]
    while length >= 128:  # noqa: PLR2004 -- seven bits a byte
        digits.append(length % 128 + 128)
        length //= 128
    return bytes([*digits, length]) + data


_CHECK_FIELDS = header_block(CHECK)


def grpc_request(message: bytes) -> Request:
    """Return a Check of a CheckRequest's bytes."""
    return Request(_CHECK_FIELDS, b"\x00" + struct.pack(">I", len(message)) + message)


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


class Connection:
    """Keeps `streams` calls under way until as many as `begin` was told have been made."""

    def __init__(self, port: int, streams: int, judge: Judge, tls: ssl.SSLContext | None = None) -> None:
        plain = socket.create_connection(("127.0.0.1", port))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = plain if tls is None else tls.wrap_socket(plain, server_hostname="localhost")
        self._streams, self._judge = streams, judge
        self._next, self._left, self._rest = 1, 0, b""
        self._window = FIRST_WINDOW
        self._waiting: deque[tuple[int, bytes]] = deque()  # bodies, or what is left of one, that found no window
        self.calls = self.done = self.allowed = 0
        more = (MAX_WINDOW - FIRST_WINDOW).to_bytes(4)
        settings = _frame(SETTINGS, 0, 0, struct.pack(">HI", 4, MAX_WINDOW))
        self.socket.sendall(PREFACE + settings + _frame(WINDOW_UPDATE, 0, 0, more))

    def begin(self, calls: int, requests: Iterator[Request]) -> None:
        """Make so many calls."""
        self.calls, self.done, self.allowed = calls, 0, 0
        self._left, self._requests = calls, requests
        self.socket.sendall(self._more(self._streams))

    def read(self) -> None:
        """Take what has come, and send what may follow it."""
        data = self.socket.recv(_READ_BYTES)
        while isinstance(self.socket, ssl.SSLSocket) and self.socket.pending():
            data += self.socket.recv(_READ_BYTES)
        if not data:
            raise SystemExit("the server closed a connection")
        data = self._rest + data
        at, ended, control = 0, 0, b""
        while (left := len(data) - at - HEAD) >= 0 and left >= (size := int.from_bytes(data[at : at + 3])):
            kind, flags, payload = data[at + 3], data[at + 4], data[at + HEAD : at + HEAD + size]
            if kind <= HEADERS:
                self.allowed += self._judge(kind, flags, payload)
                ended += flags & END_STREAM
            else:
                control += self._control(kind, flags, payload, data[at + 5 : at + HEAD])
            at += HEAD + size
        self._rest = data[at:]
        self.done += ended
        if sending := control + self._flushed() + self._more(ended):
            self.socket.sendall(sending)

    def _control(self, kind: int, flags: int, payload: bytes, stream: bytes) -> bytes:
        if kind in (GOAWAY, RST_STREAM):
            raise SystemExit(f"the server broke a connection or a stream off: {payload!r}")
        if kind == WINDOW_UPDATE and not any(stream):
            self._window += int.from_bytes(payload)
        if kind in (PING, SETTINGS) and not flags & ACK:
            return _frame(kind, ACK, 0, payload if kind == PING else b"")
        return b""

    def _more(self, count: int) -> bytes:
        parts = []
        for _ in range(min(count, self._left)):
            fields, body = next(self._requests)
            parts.append(_frame(HEADERS, END_HEADERS if body else END_HEADERS | END_STREAM, self._next, fields))
            if body:
                parts.append(self._data(body))
            self._next += 2
            self._left -= 1
        return b"".join(parts)

    def _data(self, body: bytes) -> bytes:
        if self._waiting or len(body) > self._window or len(body) > MAX_FRAME:
            self._waiting.append((self._next, body))
            return self._flushed()
        self._window -= len(body)
        return _frame(DATA, END_STREAM, self._next, body)

    def _flushed(self) -> bytes:
        """Return what the window lets out of the bodies that wait (RFC 9113 §6.9)."""
        parts = []
        while self._waiting and self._window:
            stream, body = self._waiting.popleft()
            size = min(len(body), MAX_FRAME, self._window)
            parts.append(_frame(DATA, END_STREAM if size == len(body) else 0, stream, body[:size]))
            self._window -= size
            if size < len(body):
                self._waiting.appendleft((stream, body[size:]))
        return b"".join(parts)


class Load:
    """Some connections to one server, kept open."""

    def __init__(
        self,
        port: int,
        shape: tuple[int, int] = (2, 16),
        judge: Judge = allowed_check,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        connections, streams = shape
        self._connections = [Connection(port, streams, judge, tls) for _ in range(connections)]

    def drive(self, calls: int, requests: Iterator[Request]) -> Done:
        """Make the calls, as fast as they are answered."""
        began = time.perf_counter()
        for connection in self._connections:
            connection.begin(calls // len(self._connections), requests)
        _until_done(self._connections)
        took_s = time.perf_counter() - began
        made = sum(connection.calls for connection in self._connections)
        return Done(made, sum(connection.allowed for connection in self._connections), took_s)

    def close(self) -> None:
        """Leave."""
        for connection in self._connections:
            connection.socket.close()


def _until_done(connections: Sequence[Connection]) -> None:
    each = {connection.socket.fileno(): connection for connection in connections}
    poll = select.poll()
    for number in each:
        poll.register(number, select.POLLIN)
    while any(connection.done < connection.calls for connection in connections):
        ready = poll.poll(_PATIENCE_MS)
        if not ready:
            raise SystemExit(f"no answer came within {_PATIENCE_MS / 1000:g} s")
        for number, _ in ready:
            each[number].read()
