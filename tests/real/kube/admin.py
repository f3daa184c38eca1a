"""The administrator's hands: apply, delete, read, and credentials for others. Independent of the code under test."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import urllib3
import yaml
from kubernetes import client, config

from real.kube.control_plane import kubeconfig

ROOT = Path(__file__).parents[3]
CRDS, EXAMPLES = ROOT / "crds", ROOT / "examples" / "kubernetes"
NAMESPACE = "accredit-system"
GROUP = "/apis/accredit.dev/v1alpha1"
_LEASES = "/apis/coordination.k8s.io/v1"
_TRIES = 250
_HOME = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
_CLAIM = "accredit.dev/for-tests"
PLURALS = ("agentidentities", "revocations", "toolpolicies", "trustedissuers")


class Answer(Exception):
    """The API server refused; `status` is its HTTP status."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"{status} {body}")
        self.status = status


class Admin:
    """Speaks JSON to the API server that a kubeconfig names, as whoever it names."""

    def __init__(self, kubeconfig_path: Path) -> None:
        self.kubeconfig_path = kubeconfig_path
        configuration = client.Configuration()
        config.load_kube_config(str(kubeconfig_path), client_configuration=configuration)
        configuration.retries = urllib3.Retry(0)
        self._api = client.ApiClient(configuration)
        self._kinds: dict[tuple[str, str], tuple[str, bool]] = {}

    def close(self) -> None:
        self._api.rest_client.pool_manager.clear()

    @property
    def server(self) -> str:
        return self._api.configuration.host

    def request(self, method: str, path: str, body: object = None, content_type: str = "application/json") -> Any:
        """Return the JSON of the answer. Raises Answer."""
        for _ in range(_TRIES):
            status, data = self._send(method, path, body, content_type)
            if status != 429:  # said of each kind once, just after a start; Retry-After would cost a second each
                break
            time.sleep(0.02)
        if status >= 300:
            raise Answer(status, data.decode())
        return json.loads(data)

    def _send(self, method: str, path: str, body: object, content_type: str) -> tuple[int, bytes]:
        prepared = self._api.param_serialize(
            method, path, header_params={"Content-Type": content_type}, body=body, auth_settings=["BearerToken"]
        )
        response = self._api.call_api(*prepared, _request_timeout=30)
        return response.status, response.read()

    def apply(self, document: Mapping[str, Any]) -> Any:
        """Apply on the server's side, as `kubectl apply --server-side --force-conflicts` does."""
        path = f"{self.path(document)}?fieldManager=tests&force=true"
        return self.request("PATCH", path, json.dumps(document), "application/apply-patch+yaml")

    def apply_file(self, path: Path) -> None:
        for document in yaml.safe_load_all(path.read_text()):
            if document:
                self.apply(document)

    def read(self, document: Mapping[str, Any]) -> Any:
        return self.request("GET", self.path(document))

    def delete(self, document: Mapping[str, Any]) -> None:
        self.request("DELETE", self.path(document))

    def merge(self, document: Mapping[str, Any], change: Mapping[str, Any]) -> Any:
        """Change members of an object, as `kubectl patch --type=merge` does."""
        return self.request("PATCH", self.path(document), change, "application/merge-patch+json")

    def suspend(self, agent: Mapping[str, Any], *, suspended: bool = True) -> None:
        """Suspend an AgentIdentity, or let it go on."""
        self.merge(agent, {"spec": {"suspended": suspended}})

    def path(self, document: Mapping[str, Any]) -> str:
        """Return where an object lives."""
        version, metadata = document["apiVersion"], document["metadata"]
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        plural, is_namespaced = self._kind(root, document["kind"])
        inside = f"/namespaces/{metadata.get('namespace', 'default')}" if is_namespaced else ""
        return f"{root}{inside}/{plural}/{metadata['name']}"

    def install(self, folder: Path) -> None:
        """Apply the definitions of our kinds, and return once they are served. Again, after one was removed."""
        for path in sorted(folder.glob("*.yaml")):
            self.apply_file(path)
        self.until(lambda: all(self.serves(plural) for plural in PLURALS))

    def until(self, holds: Callable[[], bool], within_s: float = 30.0) -> None:
        """Return once something holds. What the API server does on its own gives no other sign."""
        deadline = time.monotonic() + within_s
        while not holds():
            assert time.monotonic() < deadline, f"not within {within_s:g} s"
            time.sleep(0.02)

    def claim(self) -> None:
        """Note in the cluster that it is there for tests."""
        self.merge(_HOME, {"metadata": {"labels": {_CLAIM: "true"}}})

    def is_claimed(self) -> bool:
        """Whether tests have made this cluster theirs before."""
        try:
            return _CLAIM in self.read(_HOME)["metadata"].get("labels", {})
        except Answer:
            return False

    def clear(self, namespace: str) -> None:
        """Delete every object of our kinds, and every ConfigMap and Lease of `namespace`."""
        for plural in PLURALS:
            for item in self.request("GET", f"{GROUP}/{plural}")["items"]:
                self.delete(item)
        for path in (f"/api/v1/namespaces/{namespace}/configmaps", f"{_LEASES}/namespaces/{namespace}/leases"):
            self.request("DELETE", path)

    def write_kubeconfig(self, path: Path, namespace: str, account: str, *, server: str | None = None) -> Path:
        """Write the kubeconfig of a service account, with a token that the API server issues; return its path."""
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 7200}}
        token = self.request("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token", body)
        authority = Path(self._api.configuration.ssl_ca_cert).read_bytes()
        path.write_text(yaml.safe_dump(kubeconfig(server or self.server, authority, token["status"]["token"])))
        return path

    def _kind(self, root: str, kind: str) -> tuple[str, bool]:
        if (root, kind) not in self._kinds:
            for resource in self.request("GET", root)["resources"]:
                if "/" not in resource["name"]:
                    self._kinds[root, resource["kind"]] = resource["name"], resource["namespaced"]
        return self._kinds[root, kind]

    def serves(self, plural: str) -> bool:
        """Whether one of our kinds is served."""
        try:
            self.request("GET", f"{GROUP}/{plural}?limit=1")
        except Answer:
            return False
        return True
