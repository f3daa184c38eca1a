"""A real API server, once a session: the one that KUBECONFIG names, else etcd and kube-apiserver on loopback.

Everything under test runs under the roles of examples/kubernetes with tokens of its service accounts; only what a
test does as a user or an administrator goes through `kube`.
"""

import contextlib
import itertools
import os
from pathlib import Path

import pytest

from accredit_operator.app import SystemClock
from accredit_operator.cluster import connect
from fakes.objects import agent, identity, issuer, policy
from real.kube import binaries
from real.kube.admin import CRDS, EXAMPLES, NAMESPACE, Admin
from real.kube.control_plane import ControlPlane
from real.kube.fault_proxy import FaultProxy
from real.kube.gate import Gate
from real.kube.operator_process import CONTINUE, OperatorProcess, Seen
from real.kube.replica import Replica

HERE = Path(__file__).parent
_MISSING = pytest.StashKey[str]()


def pytest_collection_finish(session):
    """Build what is missing before the first test."""
    if not os.environ.get("KUBECONFIG"):
        session.config.stash[_MISSING] = binaries.build_before_tests(session, HERE)


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
def proxied_cluster(proxied_kubeconfig):
    """The operator's client, by way of `fault_proxy`."""
    connected = connect({"KUBECONFIG": str(proxied_kubeconfig)}, SystemClock())
    yield connected
    connected.close()


@pytest.fixture
def seen(kube, clean):
    """The publication and the statuses, of nothing at the beginning."""
    return Seen(kube)


@pytest.fixture
def operators(seen, operator_kubeconfig, tmp_path):
    """Starts operators, and ends all that it has started."""
    started = []

    def start(kubeconfig=operator_kubeconfig, **environment):
        started.append(OperatorProcess(tmp_path, kubeconfig, **environment))
        return started[-1]

    yield start
    for each in started:
        each.signal(CONTINUE)
        each.kill()


@pytest.fixture
def tenant(kube, seen, namespace):
    """An issuer, a policy and the agents a-0 to a-4, all of one namespace."""
    service = {"type": "Service", "service": {"name": "crm"}}
    documents = [issuer(), policy(namespace=namespace, targets=[service])]
    documents += [agent(f"a-{n}", namespace, identities=[identity(f"agent:{n}")]) for n in range(5)]
    for document in documents:
        kube.apply(document)
    return documents


@pytest.fixture
def operator(operators, tenant, seen):
    """An operator that has published the tenant's objects, and knows that it has."""
    process = operators()
    process.wait(lambda: seen.is_truth() and process.probe("/readyz") == 200, "the first publication")
    return process


@pytest.fixture
def replica(seen, extauthz_kubeconfig):
    """A data plane that follows the publication."""
    following = Replica(extauthz_kubeconfig, "replica-1")
    yield following
    following.stop()


@pytest.fixture
def proxied_kubeconfig(kube, fault_proxy, tmp_path):
    """The operator's credentials, by way of `fault_proxy`."""
    server = f"https://127.0.0.1:{fault_proxy.port}"
    return kube.write_kubeconfig(tmp_path / "proxied", NAMESPACE, "accredit-operator", server=server)


@pytest.fixture
def gap(fault_proxy, control_plane):
    """A time without the API server, after which no watch can be resumed."""

    @contextlib.contextmanager
    def begin():
        with fault_proxy.cut():
            yield
            control_plane.forget_history()

    return begin


@pytest.fixture
def gate(kube, control_plane):
    """What can fail or hold the operator's writes inside the API server."""
    with Gate(kube, control_plane.folder) as standing:
        yield standing


_numbers = itertools.count(1)
