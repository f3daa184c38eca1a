"""The two programs as the chart would start them: its settings, its service accounts, its roles, and nothing else."""

import re
import socket
import sys
import urllib.request

import pytest

from accredit_cli.demo.processes import Process
from accredit_extauthz.transport import health_probe
from chart.helm import CHART, NAMESPACE, render
from chart.signals import EXPRESSIONS, selectors
from fakes.certificates import FakeAuthority
from real.kube.admin import Admin, Answer
from real.kube.operator_process import OperatorProcess

SHAPES = {
    "defaults": [],
    "watched namespaces": ["--set", "watchNamespaces={research}"],
    "TLS": ["--set", "extauthz.tls.enabled=true,extauthz.tls.existingSecret=certificate"],
}
_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


def settings(objects, component):
    """Return the variables of a component, as the kubelet would set them."""
    (deployment,) = (
        each
        for each in objects
        if each["kind"] == "Deployment" and each["metadata"]["labels"]["app.kubernetes.io/component"] == component
    )
    spec = deployment["spec"]["template"]["spec"]
    told = {each["name"]: each.get("value", "pod-a") for each in spec["containers"][0]["env"]}
    return told, spec["serviceAccountName"]


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class DataPlane:
    """`accredit-extauthz` with rendered settings; only addresses and paths are this machine's."""

    def __init__(self, folder, kubeconfig, told):
        self.grpc, self.http = free_port(), free_port()
        self.authority = FakeAuthority()
        (folder / "ca.crt").write_bytes(self.authority.pem)
        certificate, key = self.authority.write_pair(folder)
        here = {"ACCREDIT_LISTEN": f"localhost:{self.grpc}", "ACCREDIT_HTTP": f"127.0.0.1:{self.http}"}
        files = {"ACCREDIT_TLS_CERT": str(certificate), "ACCREDIT_TLS_KEY": str(key)}
        moved = {name: value for name, value in (here | files).items() if name in told}
        environment = {**told, **moved, "KUBECONFIG": str(kubeconfig)}
        command = [sys.executable, "-m", "accredit_extauthz"]
        self.process = Process("accredit-extauthz", command, folder / "extauthz.log", environment)
        self._probe = [f"localhost:{self.grpc}", "--within", "2"]
        if "ACCREDIT_TLS_CERT" in told:
            self._probe += ["--ca", str(folder / "ca.crt")]

    def is_serving(self):
        return health_probe.main(self._probe) == 0


@pytest.fixture
def installed(request, helm_on, admin, tmp_path):
    """The release of a shape: its objects, and a kubeconfig for each of its service accounts."""
    values = SHAPES[request.param]
    helm_on("install", "accredit", str(CHART), *values)
    objects = render(*values)
    accounts = {}
    for component in ("operator", "extauthz"):
        told, account = settings(objects, component)
        accounts[component] = told, admin.write_kubeconfig(tmp_path / component, NAMESPACE, account)
    yield accounts
    helm_on("uninstall", "accredit")
    admin.clear(NAMESPACE)


@pytest.mark.parametrize("installed", SHAPES, indirect=True)
def test_they_serve_under_the_charts_accounts_with_the_charts_settings(installed, admin, tmp_path):
    told, kubeconfig = installed["operator"]
    operator = OperatorProcess(tmp_path, kubeconfig, **{k: v for k, v in told.items() if k != "ACCREDIT_HTTP"})
    told, kubeconfig = installed["extauthz"]
    data_plane = DataPlane(tmp_path, kubeconfig, told)
    try:
        operator.wait(lambda: operator.probe("/readyz") == 200, "/readyz of the operator")
        data_plane.process.wait_until(data_plane.is_serving, "health", 20.0)
        written = {
            "apiVersion": "accredit.dev/v1alpha1",
            "kind": "AgentIdentity",
            "metadata": {"name": "planner", "namespace": "research"},
            "spec": {"identities": [{"issuerRef": {"name": "nobody"}, "subject": "a"}], "scopes": ["x"]},
        }
        admin.apply(written)
        operator.wait(lambda: "conditions" in admin.read(written).get("status", {}), "a status")
        conditions = {each["type"]: each["reason"] for each in admin.read(written)["status"]["conditions"]}
        assert conditions["Accepted"] == "RefNotFound"
        anchor = admin.read({"apiVersion": "v1", "kind": "ConfigMap", "metadata": named("accredit-anchor")})
        head = admin.read({"apiVersion": "v1", "kind": "ConfigMap", "metadata": named("accredit-head")})
        assert [owner["uid"] for owner in head["metadata"]["ownerReferences"]] == [anchor["metadata"]["uid"]]
        assert not re.search("forbidden|Forbidden", operator.log.read_text())
        shown = families(operator.port) | families(data_plane.http)
        assert {name for each in EXPRESSIONS.values() for name, _ in selectors(each)} - shown == set()
    finally:
        data_plane.process.kill()
        operator.kill()


def families(port):
    """Return every series' name that a scrape can bring, also where there is no sample yet."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as response:
        kinds = re.findall(r"^# TYPE (\S+) (\w+)$", response.read().decode(), re.MULTILINE)
    return {name for name, _ in kinds} | {f"{name}_bucket" for name, kind in kinds if kind == "histogram"}


def named(name):
    return {"name": name, "namespace": NAMESPACE}


@pytest.mark.parametrize("installed", ["watched namespaces"], indirect=True)
def test_with_watched_namespaces_it_sees_those_and_no_others(installed):
    account = Admin(installed["operator"][1])
    try:
        assert account.request("GET", "/apis/accredit.dev/v1alpha1/namespaces/research/toolpolicies")["items"] == []
        assert account.request("GET", "/apis/accredit.dev/v1alpha1/trustedissuers")["items"] == []
        for path in ("toolpolicies", "namespaces/tools/toolpolicies"):
            with pytest.raises(Answer) as refused:
                account.request("GET", f"/apis/accredit.dev/v1alpha1/{path}")
            assert refused.value.status == 403
        assert may(account, "create", "events", "default")
        assert not may(account, "create", "events", "tools")
    finally:
        account.close()


def may(account, verb, resource, namespace):
    asked = {"verb": verb, "group": "", "resource": resource, "namespace": namespace}
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": asked},
    }
    return account.request("POST", _REVIEW, body)["status"]["allowed"]
