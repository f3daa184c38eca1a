"""HTTP without a client library's good manners: bytes over HTTP/1.1, frames over HTTP/2, and whatever comes back."""

import contextlib
import itertools
import socket
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Self

import h2.config
import h2.connection
import h2.events
import h2.exceptions

_TIMEOUT_S = 10.0
_OURS = b"x-envoy-upstream-service-time"  # Envoy adds it to what an upstream answered, and to nothing else

Header = tuple[bytes, bytes]


class Answer(NamedTuple):
    """Status 0 where the connection or the stream was ended without an answer."""

    status: int
    from_upstream: bool


_NOTHING = Answer(0, from_upstream=False)


def octets(text: str) -> bytes:
    """Bytes of a text that may hold anything."""
    return text.encode("utf-8", "surrogatepass")


def request(method: str, target: str, headers: Iterable[Header], version: bytes = b"HTTP/1.1") -> bytes:
    """A request as it goes over HTTP/1.1, with nothing checked."""
    lines = [octets(method) + b" " + octets(target) + b" " + version]
    return b"\r\n".join([*lines, *(name + b": " + value for name, value in headers), b"", b""])


def over_http1(port: int, sent: bytes, timeout_s: float = _TIMEOUT_S) -> Answer:
    """The first answer to these bytes, sent over a connection of their own."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout_s) as connection:
        received = b""
        with contextlib.suppress(OSError):
            connection.sendall(sent)
            while b"\r\n\r\n" not in received and (data := connection.recv(65_536)):
                received += data
    return _parsed(received)


def linger(port: int, sent: bytes, for_s: float) -> None:
    """Send these bytes, and stay for whatever Envoy makes of them."""
    with socket.create_connection(("127.0.0.1", port), timeout=for_s) as connection, contextlib.suppress(OSError):
        connection.sendall(sent)
        while connection.recv(65_536):
            pass


def _parsed(received: bytes) -> Answer:
    line, _, fields = received.partition(b"\r\n")
    if not line.startswith(b"HTTP/1.1 "):
        return _NOTHING
    return Answer(int(line[9:12]), from_upstream=_OURS in fields.lower())


class Http2:
    """One connection, opened again whenever a trick has ended it."""

    def __init__(self, port: int, timeout_s: float = _TIMEOUT_S) -> None:
        self._port = port
        self._timeout_s = timeout_s
        self._socket: socket.socket | None = None
        self._connection: h2.connection.H2Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._close()

    def ask(self, headers: Sequence[Header]) -> Answer:
        """The answer to a request without a body."""
        try:
            return self._ask(headers)
        except (OSError, h2.exceptions.ProtocolError):
            self._close()
            return _NOTHING

    def _ask(self, headers: Sequence[Header]) -> Answer:
        opened, connection = self._opened()
        stream = connection.get_next_available_stream_id()
        connection.send_headers(stream, headers, end_stream=True)
        opened.sendall(connection.data_to_send())
        found: Answer | None = None
        for event in itertools.chain.from_iterable(iter(self._received, None)):
            if isinstance(event, h2.events.ResponseReceived) and event.stream_id == stream:
                fields = dict(event.headers)
                found = Answer(int(fields[b":status"]), from_upstream=_OURS in fields)
            elif isinstance(event, h2.events.StreamEnded | h2.events.StreamReset) and event.stream_id == stream:
                return found or _NOTHING
            elif isinstance(event, h2.events.ConnectionTerminated):
                self._close()
                return found or _NOTHING
        raise AssertionError("frames come until an answer or an error")

    def _received(self) -> list[h2.events.Event]:
        opened, connection = self._opened()
        data = opened.recv(65_536)
        if not data:
            raise ConnectionResetError
        events = connection.receive_data(data)
        opened.sendall(connection.data_to_send())
        return events

    def _opened(self) -> tuple[socket.socket, h2.connection.H2Connection]:
        if self._socket is None or self._connection is None:
            config = h2.config.H2Configuration(
                header_encoding=None,
                validate_outbound_headers=False,
                normalize_outbound_headers=False,
                validate_inbound_headers=False,
            )
            self._connection = h2.connection.H2Connection(config)
            self._connection.initiate_connection()
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=self._timeout_s)
            self._socket.sendall(self._connection.data_to_send())
        return self._socket, self._connection

    def _close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = self._connection = None
