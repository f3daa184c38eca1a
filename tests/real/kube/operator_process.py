"""The operator as a process of its own, and what a user sees of it."""

import contextlib
import itertools
import json
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from accredit_cli.demo.processes import Process
from accredit_extauthz.contract.codec import SnapshotUnreadable, assemble, decode_head
from accredit_extauthz.contract.publication import BEAT_NAME, CONTENT, HEAD_NAME, PART
from accredit_extauthz.contract.snapshot import Head, Snapshot
from accredit_operator.compile.compile import compile_world
from accredit_operator.compile.objects import read_object
from accredit_operator.compile.premises import HostClaims, Premises
from accredit_operator.compile.shards import head_of
from accredit_operator.manifests.namespaces import read_namespace
from accredit_operator.world import World
from real.kube.admin import GROUP, PLURALS, Admin, Answer
from real.kube.published import suspended_in

NAMESPACE = "accredit-system"
PREMISES = Premises(host_claims=HostClaims.GRANTED, staleness_known=True)
_CONFIG_MAPS = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
_numbers = itertools.count(1)


class OperatorProcess:
    """`accredit-operator` in cluster mode."""

    def __init__(self, folder: Path, kubeconfig: Path, **environment: str) -> None:
        self.port = _free_port()
        self.log = folder / f"operator-{next(_numbers)}.log"
        self._environment = {
            "KUBECONFIG": str(kubeconfig),
            "ACCREDIT_HTTP": f"127.0.0.1:{self.port}",
            "ACCREDIT_RESYNC": "3s",
            **environment,
        }
        command = [sys.executable, "-m", "accredit_operator"]
        self._process = Process("accredit-operator", command, self.log, self._environment)

    @property
    def exit_status(self) -> int | None:
        return self._process.exit_status

    @property
    def pid(self) -> int:
        """The operator's own process, beneath the one that holds its leash."""
        group = self._process._popen.pid
        children = Path(f"/proc/{group}/task/{group}/children").read_text().split()
        return int(children[0]) if children else group

    def wait(self, done: Callable[[], object], what: str, within_s: float = 20.0) -> float:
        """Return how long it took until `done`, in seconds."""
        begun = time.monotonic()
        self._process.wait_until(lambda: bool(done()), what, within_s)
        return time.monotonic() - begun

    def until_ended(self, within_s: float) -> int:
        """Return the exit status once the process has ended by itself."""
        deadline = time.monotonic() + within_s
        while self.exit_status is None:
            assert time.monotonic() < deadline, f"it still runs after {within_s} s"
            time.sleep(0.05)
        return self.exit_status

    def lines(self, event: str = "") -> list[dict[str, Any]]:
        """What the log says, of one event or of all."""
        said = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [line for line in said if event in ("", line["event"])]

    def probe(self, path: str) -> int:
        """The status of a GET; 0 when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as response:
                return response.status
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except OSError:
            return 0

    def metrics(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as response:
            return response.read().decode()

    def signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process._popen.pid, number)

    def kill(self) -> None:
        self._process.kill()

    def stop(self) -> int | None:
        """Ask it to end; return its status once it has."""
        if self.exit_status is None:
            self._process.terminate()
            self._process.finish(time.monotonic() + 10)
        return self.exit_status


class Seen:
    """The publication and the statuses, as the API server holds them now."""

    def __init__(self, kube: Admin) -> None:
        self._kube = kube

    def parts(self) -> dict[str, dict[str, Any]]:
        found = self._kube.request("GET", f"{_CONFIG_MAPS}?labelSelector={PART}")
        return {item["metadata"]["name"]: item for item in found["items"]}

    def head(self) -> Head | None:
        part = self._part(HEAD_NAME)
        return None if part is None else decode_head(part["data"][CONTENT].encode())

    def sequence(self) -> int:
        head = self.head()
        return 0 if head is None else head.sequence

    def beat(self) -> str:
        part = self._part(BEAT_NAME)
        return "" if part is None else part["data"][CONTENT]

    def snapshot(self) -> Snapshot | None:
        """What a replica would serve; None while it is incomplete."""
        parts = self.parts()
        if HEAD_NAME not in parts:
            return None
        head = decode_head(parts[HEAD_NAME]["data"][CONTENT].encode())
        contents = {name: part["data"][CONTENT].encode() for name, part in parts.items() if name in head.shards}
        try:
            return assemble(head, contents)
        except SnapshotUnreadable:
            return None

    def suspended(self) -> set[str] | None:
        """The names of the agents that are suspended in what is published; None while it is incomplete."""
        snapshot = self.snapshot()
        return None if snapshot is None else suspended_in(snapshot)

    def compiled(self, premises: Premises = PREMISES) -> list[str]:
        """The digests of a fresh compile of what is in the API server."""
        documents = [
            {"apiVersion": "accredit.dev/v1alpha1", "kind": listed["kind"].removesuffix("List"), **item}
            for plural in PLURALS
            for listed in [self._kube.request("GET", f"{GROUP}/{plural}")]
            for item in listed["items"]
        ]
        namespaces = self._kube.request("GET", "/api/v1/namespaces")["items"]
        world = World.of(map(read_object, documents), filter(None, map(read_namespace, namespaces)))
        return sorted(head_of(compile_world(world, premises).shards, writer="", sequence=1).shards.values())

    def is_truth(self) -> bool:
        """Whether what is published is sound, and what a fresh compile of the API server's objects gives."""
        head = self.head()
        return head is not None and self.snapshot() is not None and sorted(head.shards.values()) == self.compiled()

    def condition(self, document: dict[str, Any], kind: str) -> dict[str, Any]:
        status = self._kube.read(document).get("status", {})
        return next((one for one in status.get("conditions", ()) if one["type"] == kind), {})

    def _part(self, name: str) -> dict[str, Any] | None:
        try:
            return self._kube.request("GET", f"{_CONFIG_MAPS}/{name}")
        except Answer as answer:
            if answer.status != 404:
                raise
            return None


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


CONTINUE, PAUSE = signal.SIGCONT, signal.SIGSTOP
