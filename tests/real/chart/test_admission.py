"""Every object of every shape of values, judged by a real API server without being kept."""

import json

import pytest

from chart.helm import CI_VALUES, NAMESPACE, render
from real.kube.admin import Answer


@pytest.fixture(params=CI_VALUES, ids=lambda path: path.stem)
def objects(request):
    return render("--values", request.param)


def judge(admin, document, namespace=NAMESPACE):
    """Apply an object as a dry run; unknown fields are refused. Raises Answer."""
    placed = {**document, "metadata": {"namespace": namespace, **document["metadata"]}}
    path = f"{admin.path(placed)}?dryRun=All&fieldValidation=Strict&fieldManager=tests&force=true"
    is_namespaced = "/namespaces/" in path
    body = placed if is_namespaced else document
    return admin.request("PATCH", path, json.dumps(body), "application/apply-patch+yaml")


def pods(objects):
    for each in objects:
        if each["kind"] == "Deployment":
            template = each["spec"]["template"]
            metadata = {**template["metadata"], "name": each["metadata"]["name"]}
            yield {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
        if each["kind"] == "Pod":
            yield each


def test_every_object_is_accepted(admin, objects):
    for document in objects:
        judge(admin, document)


def test_every_pod_is_admitted_where_only_restricted_ones_are(admin, objects):
    admitted = [judge(admin, pod)["metadata"]["name"] for pod in pods(objects)]
    assert len(admitted) == 3


@pytest.mark.parametrize(
    "values",
    [
        pytest.param("extauthz.securityContext.allowPrivilegeEscalation=true", id="privileges may escalate"),
        pytest.param("extauthz.podSecurityContext.runAsNonRoot=false", id="root"),
        pytest.param("extauthz.securityContext.capabilities.add={NET_ADMIN}", id="a capability"),
    ],
)
def test_the_namespace_does_refuse_others(admin, values):
    (pod,) = (
        pod
        for pod in pods(render("--set", values))
        if pod["metadata"]["labels"]["app.kubernetes.io/component"] == "extauthz"
    )
    with pytest.raises(Answer) as refused:
        judge(admin, pod)
    assert refused.value.status == 403
    assert "restricted" in str(refused.value)


def test_a_field_that_does_not_exist_would_be_noticed(admin):
    (service,) = (
        each for each in render() if (each["kind"], each["metadata"]["name"]) == ("Service", "accredit-operator")
    )
    with pytest.raises(Answer):
        judge(admin, {**service, "spec": {**service["spec"], "prots": []}})
