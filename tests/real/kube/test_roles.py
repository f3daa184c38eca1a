"""The roles of examples/kubernetes, asked of the API server itself: what each program may do, and may not."""

import pytest

from real.kube.admin import Admin

_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_OURS, _CORE, _LEASES = "accredit.dev", "", "coordination.k8s.io"


@pytest.fixture(scope="module")
def accounts(operator_kubeconfig, extauthz_kubeconfig):
    named = {"operator": Admin(operator_kubeconfig), "extauthz": Admin(extauthz_kubeconfig)}
    yield named
    for account in named.values():
        account.close()


def _may(account, verb, group, resource, namespace, name=""):
    plural, _, subresource = resource.partition("/")
    asked = {"verb": verb, "group": group, "resource": plural, "subresource": subresource, "namespace": namespace}
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {**asked, "name": name}},
    }
    return account.request("POST", _REVIEW, body)["status"]["allowed"]


HOME, ELSEWHERE = "accredit-system", "default"

ALLOWED = [
    ("operator", "list", _OURS, "agentidentities", ""),
    ("operator", "watch", _OURS, "trustedissuers", ""),
    ("operator", "patch", _OURS, "toolpolicies/status", ELSEWHERE),
    ("operator", "delete", _OURS, "revocations", ELSEWHERE),
    ("operator", "watch", _CORE, "namespaces", ""),
    ("operator", "create", _CORE, "events", ELSEWHERE),
    ("operator", "create", _CORE, "configmaps", HOME),
    ("operator", "delete", _CORE, "configmaps", HOME),
    ("operator", "update", _CORE, "configmaps", HOME, "accredit-head"),
    ("operator", "update", _CORE, "configmaps", HOME, "accredit-beat"),
    ("operator", "update", _LEASES, "leases", HOME, "accredit-operator"),
    ("operator", "delete", _LEASES, "leases", HOME, "accredit-extauthz-5d8f"),
    ("extauthz", "watch", _CORE, "configmaps", HOME),
    ("extauthz", "update", _LEASES, "leases", HOME, "accredit-extauthz-5d8f"),
]

DENIED = [
    ("operator", "update", _CORE, "configmaps", HOME, "accredit-shard-00-1"),
    ("operator", "patch", _CORE, "configmaps", HOME, "accredit-shard-00-1"),
    ("operator", "create", _CORE, "configmaps", ELSEWHERE),
    ("operator", "get", _CORE, "configmaps", ELSEWHERE),
    ("operator", "update", _LEASES, "leases", HOME, "accredit-extauthz-5d8f"),
    ("operator", "get", _CORE, "secrets", HOME),
    ("operator", "list", _CORE, "secrets", ""),
    ("operator", "list", _CORE, "pods", HOME),
    ("operator", "create", _CORE, "serviceaccounts/token", HOME),
    ("operator", "create", _OURS, "agentidentities", ELSEWHERE),
    ("operator", "update", _OURS, "agentidentities", ELSEWHERE),
    ("operator", "patch", _OURS, "agentidentities", ELSEWHERE),
    ("operator", "delete", _OURS, "agentidentities", ELSEWHERE),
    ("operator", "delete", _OURS, "toolpolicies", ELSEWHERE),
    ("operator", "create", _OURS, "revocations", ELSEWHERE),
    ("operator", "patch", _CORE, "namespaces", ""),
    ("operator", "delete", "apiextensions.k8s.io", "customresourcedefinitions", ""),
    ("extauthz", "create", _CORE, "configmaps", HOME),
    ("extauthz", "update", _CORE, "configmaps", HOME, "accredit-head"),
    ("extauthz", "delete", _CORE, "configmaps", HOME),
    ("extauthz", "list", _CORE, "configmaps", ""),
    ("extauthz", "delete", _LEASES, "leases", HOME),
    ("extauthz", "list", _LEASES, "leases", HOME),
    ("extauthz", "update", _LEASES, "leases", ELSEWHERE),
    ("extauthz", "list", _OURS, "agentidentities", ""),
    ("extauthz", "list", _CORE, "namespaces", ""),
    ("extauthz", "get", _CORE, "secrets", HOME),
    ("extauthz", "create", _CORE, "events", HOME),
]


def _sentence(case):
    who, verb, _, resource, *where = case
    return f"{who} {verb} {resource} {'/'.join(filter(None, where)) or 'everywhere'}"


@pytest.mark.parametrize("case", ALLOWED, ids=_sentence)
def test_a_program_may_do_what_it_needs(accounts, case):
    who, *asked = case
    assert _may(accounts[who], *asked)


@pytest.mark.parametrize("case", DENIED, ids=_sentence)
def test_a_program_may_do_nothing_else(accounts, case):
    who, *asked = case
    assert not _may(accounts[who], *asked)
