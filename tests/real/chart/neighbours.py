"""The CRDs of those whose kinds the chart makes objects of, out of the Go modules that go.mod here pins."""

from pathlib import Path

from real.kube import go_modules

_FOLDER = Path(__file__).parent / "neighbours"
_FILES = {
    "github.com/cert-manager/cert-manager": ("deploy/crds/cert-manager.io_certificates.yaml",),
    "github.com/prometheus-operator/prometheus-operator": (
        "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
        "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
    ),
}


def find():
    """Return the files. Where they cannot be had the test is skipped; in CI it fails."""
    return go_modules.find(_FOLDER, _FILES, "cert-manager and of the Prometheus operator")
