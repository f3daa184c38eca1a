"""The CRDs of the kinds that recipes give to meshes, out of the Go modules that mesh/go.mod pins."""

from pathlib import Path

import yaml

from real.kube import go_modules

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
    files = go_modules.find(_FOLDER, _FILES, "Gateway API, Envoy Gateway and Istio")
    found = [one for file in files for one in yaml.load_all(file.read_text(), Loader=yaml.CSafeLoader) if one]
    return [one for one in found if "istio.io" not in one["spec"]["group"] or one["metadata"]["name"] in _OF_ISTIO]
