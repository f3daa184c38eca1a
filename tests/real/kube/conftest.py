"""A real API server, once a session: the one that KUBECONFIG names, else etcd and kube-apiserver on loopback.

Everything under test runs under the roles of examples/kubernetes with tokens of its service accounts; only what a
test does as a user or an administrator goes through `kube`.
"""

import itertools
import os
from pathlib import Path

import pytest

from accredit_operator.app import SystemClock
from accredit_operator.cluster import connect
from real.kube import binaries
from real.kube.admin import CRDS, EXAMPLES, NAMESPACE, Admin
from real.kube.control_plane import ControlPlane
from real.kube.fault_proxy import FaultProxy

HERE = Path(__file__).parent
_MISSING = pytest.StashKey[str]()


def pytest_collection_finish(session):
    """Build what is missing before the first test, where no test's time limit runs and its lines are seen."""
    needed = any(HERE in item.path.parents for item in session.items) and not session.config.option.collectonly
    if not needed or os.environ.get("KUBECONFIG"):
        return
    with session.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        try:
            binaries.find_or_build()
        except binaries.BinariesMissing as missing:
            session.config.stash[_MISSING] = str(missing)


@pytest.fixture(scope="session")
def _started(request, tmp_path_factory):
    """The control plane that this session started, or None where KUBECONFIG names one."""
    if os.environ.get("KUBECONFIG"):
        yield None
        return
    missing = request.config.stash.get(_MISSING, "")
    if missing and (os.environ.get("CI") == "true" or os.environ.get("KUBEBUILDER_ASSETS")):
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    plane = ControlPlane(tmp_path_factory.mktemp("control-plane"), binaries.find())
    try:
        plane.start()
        yield plane
    finally:
        plane.stop()


@pytest.fixture
def control_plane(_started):
    """The control plane itself, for tests that harm it."""
    if _started is None:
        pytest.skip("this test kills the API server, which is not done to one that KUBECONFIG names")
    return _started


@pytest.fixture(scope="session")
def kube(_started):
    """The administrator, with our kinds, namespace and roles installed."""
    admin = Admin(_started.admin_kubeconfig if _started else Path(os.environ["KUBECONFIG"]))
    if admin.serves("agentidentities") and not admin.is_claimed():
        pytest.fail(
            f"{admin.server} runs Accredit, and these tests delete every object of its kinds: name an empty one"
        )
    admin.install(CRDS)
    for name in ("namespace.yaml", "rbac.yaml"):
        admin.apply_file(EXAMPLES / name)
    admin.claim()
    yield admin
    admin.close()


@pytest.fixture
def clean(kube):
    """No object of our kinds, no ConfigMap and no Lease of ours is left, before and after the test."""
    kube.clear(NAMESPACE)
    yield
    kube.clear(NAMESPACE)


@pytest.fixture(scope="session")
def operator_kubeconfig(kube, tmp_path_factory):
    """The operator's credentials: its service account's token and roles."""
    return kube.write_kubeconfig(tmp_path_factory.mktemp("operator") / "kubeconfig", NAMESPACE, "accredit-operator")


@pytest.fixture(scope="session")
def extauthz_kubeconfig(kube, tmp_path_factory):
    """The data plane's credentials."""
    return kube.write_kubeconfig(tmp_path_factory.mktemp("extauthz") / "kubeconfig", NAMESPACE, "accredit-extauthz")


@pytest.fixture(scope="session")
def cluster(operator_kubeconfig):
    """The operator's own client, with its own credentials."""
    connected = connect({"KUBECONFIG": str(operator_kubeconfig)}, SystemClock())
    yield connected
    connected.close()


@pytest.fixture
def namespace(kube):
    """The name of a new namespace. It goes with the control plane; its objects are the test's to delete."""
    name = f"team-{next(_numbers)}-{os.getpid()}"
    kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    kube.delete({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})


@pytest.fixture
def fault_proxy(control_plane):
    """A way to the API server that can be cut, stalled and slowed."""
    with FaultProxy(control_plane.port) as proxy:
        yield proxy


@pytest.fixture
def proxied_cluster(kube, fault_proxy, tmp_path):
    """The operator's client, by way of `fault_proxy`."""
    server = f"https://127.0.0.1:{fault_proxy.port}"
    path = kube.write_kubeconfig(tmp_path / "proxied", NAMESPACE, "accredit-operator", server=server)
    connected = connect({"KUBECONFIG": str(path)}, SystemClock())
    yield connected
    connected.close()


_numbers = itertools.count(1)
