"""Envoy Gateway itself, standalone: objects from a folder in the place of an API server, Envoy as its own child.

There are no Services in it, so each reference to one becomes a Backend with a port of loopback, in the namespace that
refers to it: standalone, it forgets the kind of a policy, so no ReferenceGrant fits (M, 1.9.1), and answers 500.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

_VERSION = "v1.9.1"
_CACHED = Path.home() / ".cache" / "accredit" / "bin" / "envoy-gateway"
_GROUP = "gateway.envoyproxy.io"


def find():
    """Return the program, or skip the test with what makes one."""
    found = os.environ.get("ACCREDIT_ENVOY_GATEWAY") or (str(_CACHED) if _CACHED.is_file() else None)
    found = found or shutil.which("envoy-gateway")
    if found is None:
        pytest.skip(
            f"no Envoy Gateway: GOBIN={_CACHED.parent} go install github.com/envoyproxy/gateway/cmd/envoy-gateway@"
            f"{_VERSION} (minutes), or set ACCREDIT_ENVOY_GATEWAY"
        )
    return found


def start(supervisor, folder, envoy_binary, documents):
    """Start it on these objects; return the process."""
    program = find()
    version = subprocess.run([envoy_binary, "--version"], capture_output=True, text=True, check=True)
    number = version.stdout.partition("version: ")[2].split("/")[1]
    linked = folder / "data" / "envoy-versions" / number / "bin" / "envoy"
    linked.parent.mkdir(parents=True)
    linked.symlink_to(envoy_binary)
    resources = folder / "resources"
    resources.mkdir()
    host = {"provider": {"type": "Host", "host": {"envoyVersion": number}}}
    proxy = _object("EnvoyProxy", "local", "crm", host)
    (resources / "all.yaml").write_text(yaml.safe_dump_all([*documents, proxy]))
    homes = {f"{name}Home": str(folder / name) for name in ("config", "data", "state")}
    infrastructure = {"type": "Host", "host": {**homes, "runtimeDir": str(folder / "run")}}
    provider = {"resource": {"type": "File", "file": {"paths": [str(resources)]}}, "infrastructure": infrastructure}
    settings = {
        "apiVersion": f"{_GROUP}/v1alpha1",
        "kind": "EnvoyGateway",
        "gateway": {"controllerName": f"{_GROUP}/gatewayclass-controller"},
        "provider": {"type": "Custom", "custom": provider},
        "extensionApis": {"enableBackend": True},
    }
    (folder / "envoy-gateway.yaml").write_text(yaml.safe_dump(settings))
    certificates = [program, "certgen", "--local", "--config-home", str(folder / "config")]
    subprocess.run(certificates, check=True, capture_output=True, timeout=60)
    command = [program, "server", "--config-path", str(folder / "envoy-gateway.yaml")]
    return supervisor.start("envoy-gateway", command)


def standalone(documents, port, reached):
    """The objects of a cluster as they are here: listening on `port`; `reached` maps a Service to its port."""
    changed = [_changed(document, port) for document in documents if document["kind"] != "ReferenceGrant"]
    backends = [
        _object("Backend", name, "crm", {"endpoints": [{"ip": {"address": "127.0.0.1", "port": at}}]})
        for name, at in reached.items()
    ]
    return [*changed, *backends]


def _changed(document, port):
    kind = document["kind"]
    if kind == "GatewayClass":
        parameters = {"group": _GROUP, "kind": "EnvoyProxy", "name": "local", "namespace": "crm"}
        return {**document, "spec": {**document["spec"], "parametersRef": parameters}}
    if kind == "Gateway":
        (listener,) = document["spec"]["listeners"]
        return {**document, "spec": {**document["spec"], "listeners": [{**listener, "port": port}]}}
    return _with_backends(document)


def _with_backends(value):
    """Let every list of backendRefs name Backends."""
    if isinstance(value, list):
        return [_with_backends(one) for one in value]
    if not isinstance(value, dict):
        return value
    found = {name: _with_backends(member) for name, member in value.items()}
    if "backendRefs" in found:
        found["backendRefs"] = [_backend(ref) for ref in found["backendRefs"]]
    return found


def _backend(ref):
    return {"group": _GROUP, "kind": "Backend", "name": ref["name"]}


def _object(kind, name, namespace, spec):
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": f"{_GROUP}/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}
