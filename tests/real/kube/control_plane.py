"""etcd and kube-apiserver on loopback, with what can befall them: killed, stopped, restarted, compacted.

Start and restart it from the main thread: the processes end with the thread that started them.
"""

import base64
import contextlib
import json
import os
import random
import secrets
import signal
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import yaml

from accredit_cli.demo.processes import Process
from real.kube import pki

# Below Linux's ephemeral ports, so that no outgoing connection takes a port between a kill and a restart.
_PORTS = range(20_000, 32_000)
_READY_WITHIN_S = 60.0


class ControlPlane:
    """One control plane, with RBAC and tokens of service accounts. Its files and logs are in `folder`."""

    def __init__(self, folder: Path, binaries: Mapping[str, Path]) -> None:
        self.folder = folder
        self.port = _free_port()
        self.server = f"https://127.0.0.1:{self.port}"
        self._etcd_url = f"http://127.0.0.1:{_free_port()}"
        self._binaries = binaries
        self._token = secrets.token_urlsafe()
        self._processes: dict[str, Process] = {}

    def start(self) -> None:
        """Start both and return once the API server serves."""
        pki.write_all(self.folder)
        (self.folder / "tokens.csv").write_text(f'{self._token},admin,admin,"system:masters"\n')
        (self.folder / "admin.kubeconfig").write_text(yaml.safe_dump(self._admin_kubeconfig()))
        self._run("etcd", self._etcd_flags())
        self._run("kube-apiserver", self._api_server_flags())
        self._wait()

    def stop(self) -> None:
        """End everything at once: nothing of it is kept."""
        for process in reversed(self._processes.values()):
            process.kill()

    @property
    def admin_kubeconfig(self) -> Path:
        """The kubeconfig of the cluster's administrator."""
        return self.folder / "admin.kubeconfig"

    def start_controllers(self) -> None:
        """Start kube-controller-manager, which deletes namespaces and what was owned by what is gone.

        One that runs is started anew: after an outage of the API server it may wait for a minute before it looks again.
        """
        if "kube-controller-manager" in self._processes:
            self._processes["kube-controller-manager"].kill()
        wanted = "namespace-controller,garbage-collector-controller"
        flags = {"kubeconfig": self.admin_kubeconfig, "controllers": wanted, "leader-elect": "false"}
        self._run("kube-controller-manager", {**flags, "secure-port": 0, "kube-api-qps": 200, "kube-api-burst": 400})

    def kill_api_server(self) -> None:
        """Kill it as a crash would: connections are reset, and new ones refused."""
        self._processes["kube-apiserver"].kill()

    def start_api_server(self) -> None:
        """Start it again on the same port, and return once it serves."""
        self._processes["kube-apiserver"].restart()
        self._wait()

    @contextlib.contextmanager
    def api_server_down(self):
        """Have no API server for as long as the block lasts."""
        self.kill_api_server()
        try:
            yield
        finally:
            self.start_api_server()

    @contextlib.contextmanager
    def paused(self, name: str = "kube-apiserver"):
        """Stop a process (`etcd` too) without its connections noticing, for as long as the block lasts."""
        group = self._processes[name]._popen.pid
        os.killpg(group, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(group, signal.SIGCONT)

    def forget_history(self) -> None:
        """Compact etcd and restart the API server: a watch from any older version is answered 410 Expired."""
        revision = self._etcd("/v3/kv/range", {"key": base64.b64encode(b"x").decode()})["header"]["revision"]
        self._etcd("/v3/kv/compaction", {"revision": revision, "physical": True})
        with self.api_server_down():
            pass

    def _run(self, name: str, flags: Mapping[str, object]) -> None:
        command = [str(self._binaries[name]), *(f"--{flag}={value}" for flag, value in flags.items())]
        self._processes[name] = Process(name, command, self.folder / f"{name}.log", {})

    def _etcd_flags(self) -> dict[str, object]:
        peers = f"http://127.0.0.1:{_free_port()}"
        return {
            "data-dir": self.folder / "etcd",
            "listen-client-urls": self._etcd_url,
            "advertise-client-urls": self._etcd_url,
            "listen-peer-urls": peers,
            "initial-advertise-peer-urls": peers,
            "initial-cluster": f"default={peers}",
            "unsafe-no-fsync": "true",
            "log-level": "warn",
        }

    def _api_server_flags(self) -> dict[str, object]:
        return {
            "etcd-servers": self._etcd_url,
            "bind-address": "127.0.0.1",
            "advertise-address": "127.0.0.1",
            "secure-port": self.port,
            "endpoint-reconciler-type": "none",
            "tls-cert-file": self.folder / "server.crt",
            "tls-private-key-file": self.folder / "server.key",
            "client-ca-file": self.folder / "ca.crt",
            "token-auth-file": self.folder / "tokens.csv",
            "authorization-mode": "RBAC",
            "service-account-issuer": self.server,
            "service-account-jwks-uri": f"{self.server}/openid/v1/jwks",
            "service-account-key-file": self.folder / "sa.pub",
            "service-account-signing-key-file": self.folder / "sa.key",
            "service-cluster-ip-range": "10.0.0.0/24",
            "disable-admission-plugins": "ServiceAccount",
            "profiling": "false",
        }

    def _admin_kubeconfig(self) -> dict[str, object]:
        return kubeconfig(self.server, (self.folder / "ca.crt").read_bytes(), self._token)

    def _wait(self) -> None:
        context = ssl.create_default_context(cafile=str(self.folder / "ca.crt"))

        def serves() -> bool:
            headers = {"Authorization": f"Bearer {self._token}"}
            try:
                for path in ("/readyz", "/api/v1/namespaces/default"):
                    request = urllib.request.Request(self.server + path, headers=headers)
                    urllib.request.urlopen(request, context=context, timeout=5).close()
            except OSError as error:
                if isinstance(error, urllib.error.HTTPError):
                    error.close()
                return False
            return True

        self._processes["kube-apiserver"].wait_until(serves, "/readyz", _READY_WITHIN_S)

    def _etcd(self, path: str, body: object) -> dict:
        request = urllib.request.Request(self._etcd_url + path, json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)


def kubeconfig(server: str, authority: bytes, token: str) -> dict[str, object]:
    """Return a kubeconfig for one user of one server. `authority` is PEM."""
    cluster = {"server": server, "certificate-authority-data": base64.b64encode(authority).decode()}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "test", "user": {"token": token}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
    }


def _free_port() -> int:
    for port in random.sample(_PORTS, 200):
        with socket.socket() as candidate:
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port")
