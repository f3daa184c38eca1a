"""The Leases of replicas on a real API server: who may write which one, and who removes them once they are gone."""

from datetime import UTC, datetime, timedelta

import pytest
import yaml

from accredit_extauthz.contract.publication import PART, REPLICA, SEQUENCE
from accredit_extauthz.source.replica_lease import lease_name
from accredit_operator.replicas import ABANDONED_S
from real.kube.admin import EXAMPLES, NAMESPACE, Admin, Answer
from real.kube.operator_process import OperatorProcess
from real.kube.replica import Replica

LEASES = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases"
ACCOUNTS = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts"
CONFINED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
POLICY = EXAMPLES / "leases.yaml"
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "pod-1", "namespace": NAMESPACE},
    "spec": {
        "serviceAccountName": "accredit-extauthz",
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{"name": "one", "image": "none", "securityContext": CONFINED}],
    },
}


def lease(name, *, age_s=0, labels=None):
    """A replica's Lease. No renewal of it is later than `age_s` ago."""
    renewed_at = datetime.now(UTC) - timedelta(seconds=age_s)  # noqa: TID251 -- compared with the operator's clock
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "labels": {PART: REPLICA} if labels is None else labels,
            "annotations": {SEQUENCE: "0"},
        },
        "spec": {"holderIdentity": name, "renewTime": f"{renewed_at:%Y-%m-%dT%H:%M:%S.%fZ}"},
    }


def names(kube):
    return {item["metadata"]["name"] for item in kube.request("GET", LEASES)["items"]}


def test_leases_of_replicas_that_are_gone_are_removed_and_others_stay(
    kube, clean, operator_kubeconfig, extauthz_kubeconfig, tmp_path
):
    gone, left, late = (lease_name(identity) for identity in ("gone", "left", "late"))
    foreign = lease("somebody-else", age_s=2 * ABANDONED_S)
    for one in (
        lease(gone, age_s=2 * ABANDONED_S),
        lease(left, age_s=2 * ABANDONED_S, labels={}),
        lease(late, age_s=ABANDONED_S // 2),
        foreign,
    ):
        kube.request("POST", LEASES, one)
    replica = Replica(extauthz_kubeconfig, "lives")
    operator = OperatorProcess(tmp_path, operator_kubeconfig, ACCREDIT_RESYNC="1s")
    try:
        operator.wait(lambda: names(kube).isdisjoint({gone, left}), "the removal", 60)
        assert names(kube) == {late, "somebody-else", "accredit-operator", lease_name("lives")}
    finally:
        operator.kill()
        replica.stop()


@pytest.fixture
def account(kube, tmp_path):
    """A program's hands, with a token that is bound to a pod where one is named."""
    opened = []

    def open_as(name, pod=None):
        bound = {} if pod is None else {"boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": pod}}
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": bound}
        token = kube.request("POST", f"{ACCOUNTS}/{name}/token", body)["status"]["token"]
        path = kube.write_kubeconfig(tmp_path / f"{name}-{pod}", NAMESPACE, name)
        written = yaml.safe_load(path.read_text())
        written["users"][0]["user"]["token"] = token
        path.write_text(yaml.safe_dump(written))
        opened.append(Admin(path))
        return opened[-1]

    yield open_as
    for each in opened:
        each.close()


@pytest.fixture
def pinned(kube, clean, account):
    """The policy of examples/kubernetes, in force, and a pod."""
    kube.apply_file(POLICY)
    kube.apply(POD)
    operator = account("accredit-operator")
    kube.until(lambda: answer(kube, operator, "POST", lease("nobodys")) == 403 or kube.delete(lease("nobodys")))
    yield
    for document in reversed(list(yaml.safe_load_all(POLICY.read_text()))):
        kube.delete(document)
    kube.request("DELETE", f"{kube.path(POD)}?gracePeriodSeconds=0")


def answer(kube, who, verb, document):
    """The status of writing or deleting a Lease, as it stands there."""
    name = document["metadata"]["name"]
    try:
        if verb == "DELETE":
            who.request("DELETE", f"{LEASES}/{name}")
        elif verb == "PUT":
            version = kube.read(document)["metadata"]["resourceVersion"]
            metadata = {**document["metadata"], "resourceVersion": version}
            who.request("PUT", f"{LEASES}/{name}", {**document, "metadata": metadata})
        else:
            who.request("POST", LEASES, document)
    except Answer as refused:
        return refused.status
    return 200


def test_each_program_writes_the_leases_that_are_its_own(kube, pinned, account):
    operator, unbound, bound = (
        account("accredit-operator"),
        account("accredit-extauthz"),
        account("accredit-extauthz", "pod-1"),
    )
    head, own, other = lease("accredit-operator"), lease(lease_name("pod-1")), lease(lease_name("pod-2"))

    asked = [
        (operator, "POST", head, 200),
        (operator, "PUT", head, 200),
        (operator, "DELETE", head, 403),
        (operator, "POST", own, 403),
        (unbound, "PUT", head, 403),
        (bound, "PUT", head, 403),
        (unbound, "POST", lease("accredit-anything"), 403),
        (bound, "POST", own, 200),
        (bound, "PUT", own, 200),
        (unbound, "POST", other, 200),
        (bound, "PUT", other, 403),
        (operator, "DELETE", own, 200),
        (operator, "DELETE", other, 200),
        (kube, "POST", lease("somebody-else"), 200),
    ]
    assert [answer(kube, who, verb, document) for who, verb, document, _ in asked] == [status for *_, status in asked]


def test_both_programs_work_under_the_policy(kube, pinned, account, tmp_path):
    bound = account("accredit-extauthz", "pod-1")
    operator = OperatorProcess(tmp_path, account("accredit-operator").kubeconfig_path)
    replica = Replica(bound.kubeconfig_path, "pod-1")
    try:
        operator.wait(lambda: replica.view is not None, "a view")
        operator.wait(lambda: names(kube) == {"accredit-operator", lease_name("pod-1")}, "both Leases")
    finally:
        operator.kill()
        replica.stop()
