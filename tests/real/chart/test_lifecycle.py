"""A release from its installation to its end, for every shape of values."""

import json

import pytest

from chart.helm import CHART, CI_VALUES, NAMESPACE, render
from real.kube.admin import PLURALS, Answer

_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
HOOKS = {"accredit-test-health"}


@pytest.fixture
def release(helm_on):
    """Installs, and uninstalls at the end."""
    yield lambda *arguments: helm_on("install", "accredit", str(CHART), *arguments)
    helm_on("uninstall", "accredit", "--ignore-not-found")


def exists(admin, document):
    placed = {**document, "metadata": {"namespace": NAMESPACE, **document["metadata"]}}
    try:
        return admin.read(placed)
    except Answer as answer:
        if answer.status == 404:
            return None
        raise


def manifest(helm_on):
    return json.loads(helm_on("get", "metadata", "accredit", "-o", "json"))


@pytest.mark.parametrize("values", CI_VALUES, ids=lambda path: path.stem)
def test_it_is_installed_upgraded_rolled_back_and_leaves_only_its_kinds(admin, helm_on, release, values):
    release("--values", str(values))
    objects = [each for each in render("--values", values) if each["metadata"]["name"] not in HOOKS]
    assert all(exists(admin, each) for each in objects)

    helm_on("upgrade", "accredit", str(CHART), "--values", str(values), "--set", "operator.replicas=5")
    (operator,) = (each for each in objects if each["kind"] == "Deployment" and "operator" in each["metadata"]["name"])
    assert exists(admin, operator)["spec"]["replicas"] == 5
    helm_on("rollback", "accredit", "1")
    assert exists(admin, operator)["spec"]["replicas"] == operator["spec"]["replicas"]
    assert manifest(helm_on)["status"] == "deployed"

    helm_on("uninstall", "accredit")
    left = {each["metadata"]["name"] for each in objects if exists(admin, each)}
    assert left == {f"{plural}.accredit.dev" for plural in PLURALS}


def test_what_users_wrote_survives_the_release_and_is_there_for_the_next(admin, release, helm_on):
    release()
    admin.until(lambda: admin.serves("revocations"))
    written = {
        "apiVersion": "accredit.dev/v1alpha1",
        "kind": "Revocation",
        "metadata": {"name": "laptop", "namespace": "research"},
        "spec": {"agent": {"name": "planner"}},
    }
    admin.apply(written)
    helm_on("uninstall", "accredit")
    release("--set", "extauthz.replicas=3")
    assert admin.read(written)["spec"]["agent"]["name"] == "planner"
    admin.delete(written)


def test_a_crd_that_was_changed_is_as_the_chart_says_after_an_upgrade(admin, release, helm_on):
    release()
    name = "revocations.accredit.dev"
    document = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": name}}
    columns = admin.read(document)["spec"]["versions"][0]["additionalPrinterColumns"]
    old = admin.read(document)["spec"]["versions"]
    old[0]["additionalPrinterColumns"] = columns[:1]
    admin.merge(document, {"spec": {"versions": old}})
    helm_on("upgrade", "accredit", str(CHART), "--set", "crds.annotations.touched=yes", "--force-conflicts")
    assert admin.read(document)["spec"]["versions"][0]["additionalPrinterColumns"] == columns


def test_a_second_release_in_the_namespace_is_refused(release, helm_on):
    release()
    with pytest.raises(Exception, match="accredit-anchor"):
        helm_on("install", "another", str(CHART), "--set", "crds.enabled=false")
