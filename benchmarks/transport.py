"""What a call costs on each transport, with a handler that does nothing: CPU of the server process, and throughput.

The server has one core, the client another. Rounds of the transports alternate. The client speaks HTTP/2 by hand, so
that it is not what is measured: it keeps a number of streams of each connection busy and counts what ends.
"""

import os
import select
import socket
import statistics
import struct
import subprocess
import sys
import time

TRANSPORTS = ("completion-queue", "grpcio")
SHAPES = ((1, 1), (1, 16), (2, 16), (4, 8))  # connections x streams
ROUNDS = int(os.environ.get("ROUNDS", "5"))
CALLS = int(os.environ.get("CALLS", "10000"))
REQUEST_BYTES, ANSWER = 300, b"\x0a" * 60

DATA, HEADERS, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 4, 6, 7, 8
END_STREAM, ACK, END_HEADERS = 1, 1, 4
WINDOW = 2**31 - 1
HEAD = 9  # bytes of a frame before its payload
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
FIELDS = {
    ":method": "POST",
    ":scheme": "http",
    ":path": "/envoy.service.auth.v3.Authorization/Check",
    ":authority": "localhost",
    "te": "trailers",
    "content-type": "application/grpc",
}


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


def header_block() -> bytes:
    """Literal fields that are not indexed (RFC 7541 §6.2.2)."""
    parts = []
    for name, value in FIELDS.items():
        parts += [b"\x00", bytes([len(name)]), name.encode(), bytes([len(value)]), value.encode()]
    return b"".join(parts)


class Connection:
    """Keeps `streams` calls under way until `calls` have been made."""

    def __init__(self, port: int, streams: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._streams = streams
        self._next = 1
        self._rest = b""
        self._headers = header_block()
        self._message = b"\x00" + struct.pack(">I", REQUEST_BYTES) + bytes(REQUEST_BYTES)
        window = frame(SETTINGS, 0, 0, struct.pack(">HI", 4, WINDOW))
        self.socket.sendall(PREFACE + window + frame(WINDOW_UPDATE, 0, 0, (WINDOW - 65535).to_bytes(4)))
        self.calls = self.done = self.answered = 0

    def begin(self, calls: int) -> None:
        self.calls, self.done, self.answered = calls, 0, 0
        self._left = calls
        self.socket.sendall(self._requests(self._streams))

    def _requests(self, count: int) -> bytes:
        parts = []
        for _ in range(min(count, self._left)):
            parts.append(frame(HEADERS, END_HEADERS, self._next, self._headers))
            parts.append(frame(DATA, END_STREAM, self._next, self._message))
            self._next += 2
            self._left -= 1
        return b"".join(parts)

    def read(self) -> None:
        data = self._rest + self.socket.recv(1 << 16)
        at, ended, control = 0, 0, b""
        while (left := len(data) - at - HEAD) >= 0 and left >= (size := int.from_bytes(data[at : at + 3])):
            kind, flags = data[at + 3], data[at + 4]
            if kind == DATA:
                self.answered += data[at + HEAD + 5 : at + HEAD + size] == ANSWER
            elif kind == HEADERS:
                ended += flags & END_STREAM
            elif kind in (PING, SETTINGS) and not flags & ACK:
                control += frame(kind, ACK, 0, data[at + HEAD : at + HEAD + size] if kind == PING else b"")
            elif kind == GOAWAY:
                raise SystemExit(f"the server said GOAWAY: {data[at + HEAD : at + HEAD + size]!r}")
            at += HEAD + size
        self._rest = data[at:]
        self.done += ended
        if sending := control + self._requests(ended):
            self.socket.sendall(sending)


class Serving:
    """A server in a process of its own, on one core."""

    def __init__(self, transport: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, "serve", transport], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.port = int(self._told())

    def _told(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def cpu_s(self) -> float:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._told())

    def close(self) -> None:
        self._process.communicate()


def serve(transport: str) -> None:
    from accredit_extauthz.transport.choose import choose  # noqa: PLC0415 -- only the server's process needs it

    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    server = choose(transport)(lambda data: ANSWER if data else b"", b"fallback", lambda: True, "127.0.0.1:0")
    print(server.start().rpartition(":")[2], flush=True)
    for _ in sys.stdin:
        print(time.process_time(), flush=True)
    server.stop(0, 1)


def drive(connections: list[Connection], calls: int) -> None:
    each = {connection.socket.fileno(): connection for connection in connections}
    for connection in connections:
        connection.begin(calls // len(connections))
    poll = select.poll()
    for number in each:
        poll.register(number, select.POLLIN)
    while any(connection.done < connection.calls for connection in connections):
        for number, _ in poll.poll():
            each[number].read()
    if any(connection.answered != connection.calls for connection in connections):
        raise SystemExit("not every call was answered as it should be")


def measure(serving: Serving, shape: tuple[int, int]) -> tuple[float, float]:
    """Return CPU µs a call, and calls a second."""
    count, streams = shape
    connections = [Connection(serving.port, streams) for _ in range(count)]
    drive(connections, 1000)
    before, began = serving.cpu_s(), time.perf_counter()
    drive(connections, CALLS)
    took, cpu = time.perf_counter() - began, serving.cpu_s() - before
    for connection in connections:
        connection.socket.close()
    return 1e6 * cpu / CALLS, CALLS / took


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):7.1f} ({min(values):.1f}-{max(values):.1f})"


def main() -> None:
    """Print a table of medians, with the least and the most of the rounds."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    serving = {transport: Serving(transport) for transport in TRANSPORTS}
    print(f"no-op Check, {REQUEST_BYTES} B, {ROUNDS} rounds of {CALLS} calls; CPU us a call, calls a second")
    for shape in SHAPES:
        found: dict[str, list[tuple[float, float]]] = {transport: [] for transport in TRANSPORTS}
        for _ in range(ROUNDS):
            for transport in TRANSPORTS:
                found[transport].append(measure(serving[transport], shape))
        for transport in TRANSPORTS:
            cpu, rate = zip(*found[transport], strict=True)
            print(f"{shape[0]} x {shape[1]:2}  {transport:17} {spread(list(cpu)):26} {statistics.median(rate):8.0f}")
    for each in serving.values():
        each.close()


if __name__ == "__main__":
    serve(sys.argv[2]) if sys.argv[1:2] == ["serve"] else main()
