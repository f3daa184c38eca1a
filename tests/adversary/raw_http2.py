"""A client of our port that does what no gRPC library would: frames of its own, and silence."""

import socket
import struct
from typing import Self

SETTINGS, PING, GOAWAY, HEADERS, DATA, RST_STREAM = 4, 6, 7, 1, 0, 3
END_STREAM, END_HEADERS = 1, 4
CHECK = "/envoy.service.auth.v3.Authorization/Check"
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_INITIAL_WINDOW_SIZE = 4


class RawHttp2:
    """One connection."""

    def __init__(self, address: str, *, window: int | None = None) -> None:
        host, port = address.rsplit(":", 1)
        self._socket = socket.create_connection((host, int(port)), timeout=10)
        settings = b"" if window is None else struct.pack(">HI", _INITIAL_WINDOW_SIZE, window)
        self._socket.sendall(_PREFACE + frame(SETTINGS, settings))
        self._next = 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def send(self, data: bytes) -> bool:
        """Whether the server still takes bytes."""
        try:
            self._socket.sendall(data)
        except OSError:
            return False
        return True

    def open(
        self, path: str = CHECK, *, method: str = "POST", kind: str = "application/grpc", end: bool = False
    ) -> int:
        """Open a stream, and return its number."""
        stream, self._next = self._next, self._next + 2
        fields = {
            ":method": method,
            ":scheme": "http",
            ":path": path,
            ":authority": "x",
            "content-type": kind,
            "te": "trailers",
        }
        self.send(frame(HEADERS, _block(fields), END_HEADERS | (END_STREAM if end else 0), stream))
        return stream

    def message(self, stream: int, data: bytes, *, claimed: int | None = None, end: bool = True) -> None:
        """Send a message on a stream; `claimed` is the length that its prefix says."""
        prefix = struct.pack(">BI", 0, len(data) if claimed is None else claimed)
        self.send(frame(DATA, prefix + data, END_STREAM if end else 0, stream))

    def reset(self, stream: int) -> None:
        """End a stream at once."""
        self.send(frame(RST_STREAM, struct.pack(">I", 8), 0, stream))

    def ends(self, stream: int) -> bytes:
        """What the server says last on a stream: its last HEADERS, or an empty text where it resets it or leaves."""
        while True:
            head = self._received(9)
            if head is None:
                return b""
            payload = self._received(int.from_bytes(head[:3])) or b""
            kind, flags, number = head[3], head[4], int.from_bytes(head[5:9]) & 0x7FFFFFFF
            if kind == GOAWAY or (kind == RST_STREAM and number == stream):
                return b""
            if kind == SETTINGS and not flags & 1:
                self.send(frame(SETTINGS, b"", 1))
            if kind == HEADERS and number == stream and flags & END_STREAM:
                return payload

    def _received(self, size: int) -> bytes | None:
        data = b""
        while len(data) < size:
            try:
                more = self._socket.recv(size - len(data))
            except OSError:
                return None
            if not more:
                return None
            data += more
        return data


def frame(kind: int, payload: bytes = b"", flags: int = 0, stream: int = 0) -> bytes:
    """A frame of HTTP/2 (RFC 9113 §4.1)."""
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


def _literal(text: str) -> bytes:
    """A string without Huffman coding (RFC 7541 §5.2), shorter than 127 bytes."""
    data = text.encode()
    return bytes([len(data)]) + data


def _block(fields: dict[str, str]) -> bytes:
    """Header fields, none of them indexed (RFC 7541 §6.2.2)."""
    return b"".join(b"\0" + _literal(name) + _literal(value) for name, value in fields.items())
