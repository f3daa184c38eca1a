"""An API server of the chart's own, into which nothing but Helm puts our kinds; and the CRDs of our neighbours."""

import os
from pathlib import Path

import pytest

from chart import helm
from real.chart import neighbours
from real.chart.programs import SHAPES, DataPlane, settings
from real.kube import binaries
from real.kube.admin import Admin, Answer
from real.kube.control_plane import ControlPlane
from real.kube.operator_process import OperatorProcess

HERE = Path(__file__).parent
_MISSING = pytest.StashKey[str]()
NEIGHBOURS = (
    "cert-manager.io/v1/certificates",
    "monitoring.coreos.com/v1/servicemonitors",
    "monitoring.coreos.com/v1/prometheusrules",
)
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}


def pytest_collection_finish(session):
    """Build what is missing before the first test."""
    session.config.stash[_MISSING] = binaries.build_before_tests(session, HERE)


@pytest.fixture(scope="session")
def plane(request, tmp_path_factory):
    """A control plane that no other test uses."""
    missing = request.config.stash.get(_MISSING, "") or ("" if helm.find() else helm.MISSING)
    if missing:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    started = ControlPlane(tmp_path_factory.mktemp("chart-control-plane"), binaries.find())
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.fixture(scope="session")
def admin(plane):
    """The administrator of a cluster with three namespaces, two of them restricted, and our neighbours' CRDs."""
    hands = Admin(plane.admin_kubeconfig)
    for name, labels in ((helm.NAMESPACE, RESTRICTED), ("research", RESTRICTED), ("tools", {})):
        hands.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    for path in neighbours.find():
        hands.apply_file(path)
    hands.until(lambda: all(_serves(hands, path) for path in NEIGHBOURS))
    yield hands
    hands.close()


def _serves(hands, path):
    try:
        hands.request("GET", f"/apis/{path}?limit=1")
    except Answer:
        return False
    return True


@pytest.fixture
def helm_on(plane, admin):
    """Runs Helm against the cluster."""

    def run(*arguments):
        return helm.run(*arguments, "--kubeconfig", str(plane.admin_kubeconfig), "--namespace", helm.NAMESPACE)

    return run


@pytest.fixture
def installed(request, helm_on, admin, tmp_path):
    """The release of a shape: its objects, and a kubeconfig for each of its service accounts."""
    values = SHAPES[request.param]
    helm_on("install", "accredit", str(helm.CHART), *values)
    objects = helm.render(*values)
    accounts = {}
    for component in ("operator", "extauthz"):
        told, account = settings(objects, component)
        accounts[component] = told, admin.write_kubeconfig(tmp_path / component, helm.NAMESPACE, account)
    yield accounts
    helm_on("uninstall", "accredit")
    admin.clear(helm.NAMESPACE)


@pytest.fixture
def running(installed, tmp_path):
    """Both programs of the release, as its Deployments would start them, once they serve."""
    told, kubeconfig = installed["operator"]
    operator = OperatorProcess(tmp_path, kubeconfig, **{k: v for k, v in told.items() if k != "ACCREDIT_HTTP"})
    told, kubeconfig = installed["extauthz"]
    data_plane = DataPlane(tmp_path, kubeconfig, told)
    try:
        operator.wait(lambda: operator.probe("/readyz") == 200, "/readyz of the operator")
        data_plane.process.wait_until(data_plane.is_serving, "health", 20.0)
        yield operator, data_plane
    finally:
        data_plane.process.kill()
        operator.kill()
