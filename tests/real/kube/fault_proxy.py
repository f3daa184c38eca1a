"""A TCP proxy on loopback that can be cut, stalled and slowed while connections stand."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Self

_CHUNK = 65536


class FaultProxy:
    """Carries bytes between clients and 127.0.0.1:`target`, unless it is told otherwise."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0  # accepted since the start
        self._open: set[socket.socket] = set()
        self._flowing = threading.Event()
        self._flowing.set()
        self._healed = threading.Event()
        self._is_cut = self._is_closed = False
        self._delay_s = 0.0
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_closed = True
        self._flowing.set()
        self._healed.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.reset()
        for thread in self._threads:
            thread.join(5)

    def reset(self) -> None:
        """Close every connection that stands; new ones are carried."""
        with self._lock:
            for end in self._open:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    @contextlib.contextmanager
    def cut(self) -> Iterator[None]:
        """Have no connection at all for as long as the block lasts: those that stand are closed, and new ones too."""
        self._is_cut = True
        self.reset()
        try:
            yield
        finally:
            self._is_cut = False

    @contextlib.contextmanager
    def stalled(self) -> Iterator[None]:
        """Carry no byte for as long as the block lasts, with every connection open; then carry what was held back."""
        self._flowing.clear()
        try:
            yield
        finally:
            self._flowing.set()

    @contextlib.contextmanager
    def slowed(self, seconds: float) -> Iterator[None]:
        """Hold every piece back for so long, both ways, for as long as the block lasts."""
        self._healed.clear()
        self._delay_s = seconds
        try:
            yield
        finally:
            self._delay_s = 0.0
            self._healed.set()

    def _accept(self) -> None:
        while not self._is_closed:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            if self._is_cut:
                near.close()
            else:
                self._join(near)

    def _join(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(("127.0.0.1", self._target), timeout=5)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._open |= {near, far}
        done = threading.Semaphore(0)
        for source, sink in ((near, far), (far, near)):
            self._spawn(self._carry, source, sink, done)
        self._spawn(self._bury, near, far, done)

    def _spawn(self, target, *arguments) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _carry(self, source: socket.socket, sink: socket.socket, done: threading.Semaphore) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(_CHUNK):
                self._flowing.wait()
                if self._delay_s:
                    self._healed.wait(self._delay_s)
                sink.sendall(piece)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        done.release()

    def _bury(self, near: socket.socket, far: socket.socket, done: threading.Semaphore) -> None:
        done.acquire()
        done.acquire()
        with self._lock:
            self._open -= {near, far}
        near.close()
        far.close()
