import json
from datetime import UTC, datetime

import pytest

from accredit_cli.cluster.deployed import DEPLOYMENTS
from accredit_operator.lease.record import LEASE_NAME, LeaseRecord, lease_document
from accredit_operator.ports import CONFIG_MAPS, DECLARED, LEASES, Forbidden
from accredit_operator.world import Kind
from fakes.objects import agent, issuer
from fakes.published_cluster import HOME

_DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "accredit-extauthz",
        "namespace": HOME,
        "labels": {"app.kubernetes.io/part-of": "accredit", "app.kubernetes.io/version": "0.1.0"},
    },
    "spec": {"replicas": 2},
    "status": {"readyReplicas": 2},
}


def now():
    return datetime.now(UTC).isoformat()  # noqa: TID251 -- the verb asks the real clock


def ready(cluster, status="True", reason="Ready", kinds=tuple(Kind)):
    """Let the operator say this of every object."""
    for kind in kinds:
        for stored in cluster.list_all(DECLARED[kind]).items:
            condition = {"type": "Ready", "status": status, "reason": reason, "message": f"it is {reason}"}
            said = {"conditions": [condition], "keyIDs": ["k1"]}
            version = stored.resource_version
            cluster.patch_status(DECLARED[kind], stored.namespace, stored.name, resource_version=version, status=said)


@pytest.fixture
def well(cluster):
    """A cluster in which all is well."""
    cluster.apply(LEASES, lease_document(HOME, LEASE_NAME, LeaseRecord("operator-1", 15, 1, now(), now())))
    cluster.apply(DEPLOYMENTS, _DEPLOYMENT)
    for name in ("accredit-extauthz-a", "accredit-extauthz-b"):
        cluster.serve(name, 1, renewed=now())
    ready(cluster)
    return cluster


@pytest.fixture
def look(run):
    def ask(*words):
        done = run("status", *words, "-o", "json")
        return done.exit_code, json.loads(done.stdout)

    return ask


def test_all_is_well(look, well):
    status, said = look()
    assert (status, said["attention"], said["hidden"]) == (0, [], [])
    assert (said["snapshot"]["sequence"], said["leader"]) == (1, "operator-1")
    assert [(one["name"], one["state"]) for one in said["replicas"]] == [
        ("accredit-extauthz-a", "live"),
        ("accredit-extauthz-b", "live"),
    ]
    assert said["deployments"] == [{"name": "accredit-extauthz", "version": "0.1.0", "ready": 2, "wanted": 2}]
    assert sorted((one["kind"], one["name"], one["ready"]) for one in said["objects"]) == [
        ("AgentIdentity", "planner", "True"),
        ("ToolPolicy", "crm", "True"),
        ("TrustedIssuer", "corp-idp", "True"),
    ]


def test_people_see_it_at_a_glance(run, well):
    shown = run("status").stdout
    for word in ("operator-1", "accredit-extauthz-a", "https://idp.example", "0.1.0", "AgentIdentity"):
        assert word in shown


def test_a_replica_that_is_gone_does_not_count_and_one_behind_needs_attention(look, well):
    well.publish(2)
    well.serve("accredit-extauthz-a", 2, renewed=now())
    well.serve("accredit-extauthz-c", 1, renewed="2020-01-01T00:00:00.000000Z")
    well.serve("accredit-extauthz-d", 1, renewed="never")
    status, said = look()
    states = {one["name"][-1]: one["state"] for one in said["replicas"]}
    assert (status, states) == (1, {"a": "live", "b": "behind", "c": "gone", "d": "gone"})


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        pytest.param(lambda c: c.remove(LEASES, HOME, LEASE_NAME), "no operator leads", id="no leader"),
        pytest.param(lambda c: [c.serve(f"accredit-extauthz-{x}", 1) for x in "ab"], "no replica is alive", id="none"),
        pytest.param(lambda c: c.remove(CONFIG_MAPS, HOME, "accredit-head"), "nothing is published", id="no head"),
        pytest.param(lambda c: ready(c, "False", "Invalid"), "objects that are not ready: 3", id="objects"),
        pytest.param(lambda c: c.declare(agent("new")), "objects that are not ready: 1", id="nobody spoke of it"),
    ],
)
def test_what_needs_somebody_is_said(run, well, harm, sentence):
    harm(well)
    done = run("status")
    assert (done.exit_code, sentence in done.stderr) == (1, True)


@pytest.mark.parametrize("reason", ["Suspended", "Expired"])
def test_what_somebody_wanted_needs_nobody(look, well, reason):
    ready(well, "False", reason, kinds=(Kind.AGENT_IDENTITY,))
    assert look()[0] == 0


def test_one_namespace_shows_its_own_and_the_issuers(look, well):
    _, said = look("-n", "research")
    assert {one["name"] for one in said["objects"]} == {"planner", "corp-idp"}


def test_what_may_not_be_seen_is_said_and_counts_for_nothing(look, well):
    for hidden in (CONFIG_MAPS, LEASES):
        well.fail("", hidden, error=Forbidden("forbidden"), times=10)
    status, said = look()
    assert (status, len(said["hidden"]), said["attention"]) == (0, 2, [])


def test_a_text_of_an_object_moves_no_cursor(run, well):
    well.declare(issuer("evil", issuer="https://\x1b[2Jx"))
    assert "\x1b[2J" not in run("status").stdout
