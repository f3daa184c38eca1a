"""A program as it runs in a pod: without KUBECONFIG, with the files of its service account and the cluster's names."""

import contextlib
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from accredit_cli.demo.processes import Process
from real.kube import pod_inside

_UNSHARE = ("--user", "--map-root-user", "--net", "--mount")


def are_possible() -> bool:
    """Whether this machine lets an ordinary process have namespaces of its own."""
    found = shutil.which("unshare")
    if found is None:
        return False
    return subprocess.run([found, *_UNSHARE, "true"], check=False, capture_output=True).returncode == 0


class Pod:
    """Runs a command; `api_server` is the port on loopback where the API server listens."""

    def __init__(self, folder: Path, command: Sequence[str], api_server: int, **environment: str) -> None:
        self._target = api_server
        self._hand = socket.socket(socket.AF_UNIX)
        self._hand.bind(str(folder / "hand"))
        self._hand.listen()
        self._hand.settimeout(20)
        self._listener: socket.socket | None = None
        unshare = shutil.which("unshare")
        assert unshare is not None
        inside = [sys.executable, pod_inside.__file__, str(folder), *command]
        found = {"KUBERNETES_SERVICE_HOST": pod_inside.NAME, "KUBERNETES_SERVICE_PORT": str(pod_inside.PORT)}
        self.process = Process("pod", [unshare, *_UNSHARE, *inside], folder / "log", {**found, **environment})

    def __enter__(self) -> Self:
        try:
            self._listener = self._take_listener()
        except OSError:
            self.process.kill()
            raise AssertionError(self.process.tail()) from None
        threading.Thread(target=self._carry, args=(self._listener,), daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.process.kill()
        assert self._listener is not None
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _take_listener(self) -> socket.socket:
        with self._hand:
            taker, _ = self._hand.accept()
        with taker:
            _, descriptors, _, _ = socket.recv_fds(taker, 16, 1)
        return socket.socket(fileno=descriptors[0])

    def _carry(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                threading.Thread(target=_carry_both_ways, args=(near, far), daemon=True).start()


def _carry_both_ways(near: socket.socket, far: socket.socket) -> None:
    with near, far:
        back = threading.Thread(target=_pump, args=(far, near), daemon=True)
        back.start()
        _pump(near, far)
        back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
