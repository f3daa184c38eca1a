"""The operator's client on a real API server, under the operator's own roles, and through a network that fails."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from accredit_operator.app import SystemClock
from accredit_operator.cluster import connect
from accredit_operator.cluster.answers import stored_of
from accredit_operator.cluster.events import EventType, Happening, event_document
from accredit_operator.ports import (
    CONFIG_MAPS,
    DECLARED,
    EVENTS,
    NAMESPACES,
    Forbidden,
    NotFound,
    Rejected,
    TransientError,
)
from accredit_operator.world import Kind
from fakes.cluster_laws import HOME, LAWS, config_map, revocation
from real.kube.admin import CRDS

REVOCATIONS, ISSUERS = DECLARED[Kind.REVOCATION], DECLARED[Kind.TRUSTED_ISSUER]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_api_server_keeps_the_law(law, cluster, kube, clean):
    law(cluster, lambda collection, document: stored_of(kube.apply(document), collection))


@pytest.mark.usefixtures("clean")
def test_a_list_of_many_pages_is_whole_and_of_one_moment(cluster, kube, monkeypatch):
    monkeypatch.setattr("accredit_operator.cluster.api._PAGE", 7)
    for number in range(20):
        kube.apply(revocation(f"r{number:02d}"))
    listing = cluster.list_all(REVOCATIONS, namespace=HOME)
    assert [item.name for item in listing.items] == [f"r{number:02d}" for number in range(20)]


@pytest.mark.usefixtures("clean")
def test_a_list_begins_again_when_its_continuation_has_expired(cluster, kube, control_plane, monkeypatch):
    monkeypatch.setattr("accredit_operator.cluster.api._PAGE", 2)
    for number in range(5):
        kube.apply(revocation(f"r{number}"))
    real, forgotten = cluster._send, []

    def send(request):
        if not forgotten and any(name == "continue" for name, _ in request.query):
            forgotten.append(request)
            kube.apply(revocation("r5"))
            control_plane.forget_history()
        return real(request)

    monkeypatch.setattr(cluster, "_send", send)
    names = [item.name for item in cluster.list_all(REVOCATIONS).items]
    assert forgotten
    assert names == [f"r{number}" for number in range(6)]


@pytest.mark.usefixtures("clean")
def test_an_event_is_found_by_the_object_that_it_is_about(cluster, kube):
    issuer = {
        "apiVersion": "accredit.dev/v1alpha1",
        "kind": "TrustedIssuer",
        "metadata": {"name": "corp-idp"},
    }
    happening = Happening(ISSUERS, "", "corp-idp", "some-uid", EventType.WARNING, "KeysUnreachable", "x" * 2000, 1)
    made = cluster.create(EVENTS, event_document(happening))
    selector = "involvedObject.kind=TrustedIssuer,involvedObject.name=corp-idp,involvedObject.uid=some-uid"
    (found,) = kube.request("GET", f"/api/v1/namespaces/default/events?fieldSelector={selector}")["items"]
    assert found["metadata"]["name"] == made.name
    assert (found["reason"], found["type"], len(found["message"])) == ("KeysUnreachable", "Warning", 1024)
    assert found["involvedObject"]["kind"] == issuer["kind"]


def test_what_the_roles_do_not_allow_is_forbidden(cluster):
    with pytest.raises(Forbidden, match="configmaps"):
        cluster.create(CONFIG_MAPS, config_map("x") | {"metadata": {"namespace": "default", "name": "x"}})
    with pytest.raises(Forbidden):
        cluster.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}})


def test_a_shard_cannot_be_changed_even_by_its_writer(cluster, clean):
    made = cluster.create(CONFIG_MAPS, config_map("accredit-shard-00-1"))
    with pytest.raises(Forbidden):
        cluster.replace(CONFIG_MAPS, {**made.document, "data": {"content": "another"}})


def test_credentials_that_the_api_server_does_not_know_are_forbidden(operator_kubeconfig, tmp_path):
    strange = tmp_path / "kubeconfig"
    strange.write_text(operator_kubeconfig.read_text().replace("token: ", "token: x"))
    unknown = connect({"KUBECONFIG": str(strange)}, SystemClock())
    with pytest.raises(Forbidden, match="credentials"):
        unknown.probe(NAMESPACES)
    unknown.close()


def test_an_object_over_the_limit_of_the_api_server_is_rejected(cluster, clean):
    with pytest.raises(Rejected):
        cluster.create(CONFIG_MAPS, config_map("accredit-shard-00-1", "x" * 1_100_000))


@pytest.mark.usefixtures("clean", "control_plane")
def test_a_kind_that_is_not_installed_is_not_found(cluster, kube):
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "revocations.accredit.dev"},
    }
    try:
        kube.delete(definition)
        kube.until(lambda: not kube.serves("revocations"))
        with pytest.raises(NotFound):
            cluster.probe(REVOCATIONS)
    finally:
        kube.install(CRDS)


def test_an_api_server_that_is_down_is_transient_and_back_without_a_new_client(cluster, control_plane):
    cluster.probe(NAMESPACES)
    with control_plane.api_server_down(), pytest.raises(TransientError):
        cluster.probe(NAMESPACES)
    cluster.probe(NAMESPACES)


@pytest.mark.parametrize("name", ["kube-apiserver", "etcd"])
def test_an_api_server_that_stands_still_is_given_up_in_time(operator_kubeconfig, control_plane, name):
    impatient = connect({"KUBECONFIG": str(operator_kubeconfig)}, SystemClock(), call_s=0.5)
    with control_plane.paused(name):
        began = time.monotonic()
        with pytest.raises(TransientError):
            impatient.create(CONFIG_MAPS, config_map("accredit-head"))
        assert time.monotonic() - began < 10  # far from the minutes that TCP takes
    impatient.close()


def test_a_connection_that_is_cut_costs_one_call(proxied_cluster, fault_proxy):
    proxied_cluster.probe(NAMESPACES)
    with fault_proxy.cut(), pytest.raises(TransientError):
        proxied_cluster.probe(NAMESPACES)
    proxied_cluster.probe(NAMESPACES)


def test_a_stalled_network_is_waited_out_and_a_slow_one_only_slows(proxied_cluster, fault_proxy):
    proxied_cluster.probe(NAMESPACES)
    answered = threading.Event()

    def probe():
        proxied_cluster.probe(NAMESPACES)
        answered.set()

    with ThreadPoolExecutor(1) as pool:
        with fault_proxy.stalled():
            asked = pool.submit(probe)
            assert not answered.wait(0.3)
        asked.result(5)
    began = time.monotonic()
    with fault_proxy.slowed(0.1):
        proxied_cluster.probe(NAMESPACES)
    assert time.monotonic() - began > 0.2


@pytest.mark.usefixtures("clean")
def test_many_threads_share_one_client(cluster):
    with ThreadPoolExecutor(40) as pool:
        made = list(pool.map(lambda n: cluster.create(CONFIG_MAPS, config_map(f"c{n}", str(n))), range(120)))
        read = list(pool.map(lambda n: cluster.read(CONFIG_MAPS, HOME, f"c{n}"), range(120)))
    assert made == read
