"""The CRDs of those whose kinds the chart makes objects of, out of the Go modules that go.mod here pins."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

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
    go = shutil.which("go")
    if go is None:
        _missing("Go is not installed, which fetches them")
    found = []
    for module, files in _FILES.items():
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
        found += [Path(json.loads(done.stdout)["Dir"]) / file for file in files]
    return found


def _missing(why):
    sentence = f"the CRDs of cert-manager and of the Prometheus operator are missing: {why}"
    (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(sentence)
