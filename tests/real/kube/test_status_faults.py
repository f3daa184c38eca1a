"""Statuses that cannot be written: publication goes on as ever, and what could not be told is told in the end."""

import contextlib
from functools import partial

import pytest

from real.kube.admin import EXAMPLES
from real.kube.gate import is_status

ROLE = "/apis/rbac.authorization.k8s.io/v1/clusterroles/accredit-operator"


@pytest.fixture
def refused(kube):
    """A time in which the operator's role does not let it write any status."""

    @contextlib.contextmanager
    def begin():
        rules = kube.request("GET", ROLE)["rules"]
        without = [rule for rule in rules if not rule["resources"][0].endswith("/status")]
        kube.request("PATCH", ROLE, {"rules": without}, "application/merge-patch+json")
        try:
            yield
        finally:
            kube.apply_file(EXAMPLES / "rbac.yaml")

    return begin


@pytest.fixture(params=["403", "500", "held"])
def fault(request, refused, gate):
    """A time in which every write of a status is refused, fails, or is held; and whether one was, as far as is seen."""
    match request.param:
        case "403":
            return refused, lambda: True
        case "500":
            return partial(gate.failing, is_status), lambda: gate.failed
        case _:
            return partial(gate.holding, is_status), lambda: gate.held


def test_a_suspension_lands_while_no_status_can_be_written(kube, seen, operator, replica, tenant, fault):
    begin, is_felt = fault

    def are_suspended(*names):
        return seen.suspended() == replica.suspended() == set(names)

    def are_ready():
        return all(seen.condition(agent, "Ready").get("status") == "True" for agent in tenant[2:])

    operator.wait(are_ready, "the statuses before", 10)
    with begin():
        kube.suspend(tenant[2])
        operator.wait(lambda: are_suspended("a-0"), "the suspension", 1)
        operator.wait(is_felt, "a status that is on its way")
        kube.suspend(tenant[3])
        operator.wait(lambda: are_suspended("a-0", "a-1"), "another suspension", 1)
        operator.wait(lambda: operator.lines("a status cannot be written; publication goes on"), "a word of it")
        kube.suspend(tenant[2], suspended=False)
        operator.wait(lambda: are_suspended("a-1"), "an object whose status could not be written", 1)
        assert seen.condition(tenant[3], "Ready")["reason"] == "Ready"
    operator.wait(lambda: seen.condition(tenant[3], "Ready")["reason"] == "Suspended", "its status after all", 40)
    assert replica.is_steady()
