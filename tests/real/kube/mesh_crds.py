"""The CRDs of the kinds that recipes give to meshes, out of the Go modules that mesh/go.mod pins."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

_FOLDER = Path(__file__).parent / "mesh"
_FILES = {
    "sigs.k8s.io/gateway-api": tuple(
        f"config/crd/experimental/gateway.networking.k8s.io_{plural}.yaml"
        for plural in ("gatewayclasses", "gateways", "httproutes", "referencegrants")
    ),
    "github.com/envoyproxy/gateway": tuple(
        f"charts/gateway-helm/charts/crds/crds/generated/gateway.envoyproxy.io_{plural}.yaml"
        for plural in ("securitypolicies", "clienttrafficpolicies")
    ),
    "istio.io/api": ("kubernetes/customresourcedefinitions.gen.yaml",),
}
_OF_ISTIO = ("authorizationpolicies.security.istio.io", "peerauthentications.security.istio.io")


def find():
    """Return the definitions. Where they cannot be had the test is skipped; in CI it fails."""
    go = shutil.which("go")
    if go is None:
        _missing("Go is not installed, which fetches them")
    found = []
    for module, files in _FILES.items():
        folder = _download(go, module)
        for file in files:
            found += [one for one in yaml.load_all((folder / file).read_text(), Loader=yaml.CSafeLoader) if one]
    return [one for one in found if "istio.io" not in one["spec"]["group"] or one["metadata"]["name"] in _OF_ISTIO]


def _download(go, module):
    done = subprocess.run(
        [go, "mod", "download", "-json", module],
        cwd=_FOLDER,
        env={**os.environ, "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "GOWORK": "off"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        _missing(done.stderr.strip() or done.stdout.strip())
    return Path(json.loads(done.stdout)["Dir"])


def _missing(why):
    sentence = f"the CRDs of Gateway API, Envoy Gateway and Istio are missing: {why}"
    (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(sentence)
