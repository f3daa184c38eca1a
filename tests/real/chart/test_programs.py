"""The two programs as the chart would start them: its settings, its service accounts, its roles, and nothing else."""

import re
import urllib.request

import pytest

from chart.helm import NAMESPACE
from chart.signals import EXPRESSIONS, selectors
from real.chart.programs import SHAPES
from real.kube.admin import Admin, Answer

_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


@pytest.mark.parametrize("installed", SHAPES, indirect=True)
def test_they_serve_under_the_charts_accounts_with_the_charts_settings(running, admin):
    operator, data_plane = running
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
