import json
import time

import pytest

from accredit_operator.kinds.times import unix_seconds
from accredit_operator.ports import DECLARED, ClusterError, Forbidden
from accredit_operator.world import Kind

AGENTS, REVOCATIONS = DECLARED[Kind.AGENT_IDENTITY], DECLARED[Kind.REVOCATION]
_WRITES = {"create", "replace"}


@pytest.fixture
def revoke(run, cluster):
    def ask(*words):
        done = run("revoke", *words, "--timeout", "0s", "-o", "json")
        return done.exit_code, json.loads(done.stdout) if done.stdout else done.stderr

    return ask


@pytest.fixture
def operated(cluster):
    """What is written is published and served at once."""

    def publish(said):
        if said.verb in _WRITES and said.plural in {AGENTS.plural, REVOCATIONS.plural}:
            cluster.publish(2)
            for name in ("accredit-extauthz-a", "accredit-extauthz-b"):
                cluster.serve(name, 2)

    cluster.after_call = publish
    return cluster


def spec(cluster, collection):
    (stored,) = cluster.list_all(collection).items
    return stored.document["spec"]


def test_an_agent_is_suspended_and_every_replica_serves_it(revoke, operated):
    status, said = revoke("agent", "planner", "-n", "research")
    assert status == 0
    assert spec(operated, AGENTS)["suspended"] is True
    assert (said["object"], said["served"], said["sequence"]) == ("AgentIdentity research/planner", True, 2)
    assert [one["sequence"] for one in said["replicas"]] == [2, 2]
    assert operated.is_closed


def test_an_agents_tokens_are_cut_and_the_agent_goes_on(revoke, operated):
    before = int(time.time())  # noqa: TID251 -- the verb asks the real clock
    status, _ = revoke("agent", "planner", "-n", "research", "--before", "now")
    assert status == 0
    written = spec(operated, AGENTS)
    assert "suspended" not in written
    assert before <= unix_seconds(written["revokedBefore"]) <= before + 60


def test_what_nobody_publishes_is_written_and_the_status_is_one(revoke, cluster):
    status, said = revoke("agent", "planner", "-n", "research")
    assert status == 1
    assert spec(cluster, AGENTS)["suspended"] is True
    assert (said["served"], said["sequence"]) == (False, None)


def test_a_replica_behind_is_named_to_people(run, cluster):
    def publish(said):
        if said.verb == "replace":
            cluster.publish(2)
            cluster.serve("accredit-extauthz-a", 2)

    cluster.after_call = publish
    done = run("revoke", "agent", "planner", "-n", "research", "--timeout", "0s")
    assert done.exit_code == 1
    assert "accredit-extauthz-b serves 1" in done.stdout
    assert "accredit-extauthz-a serves" not in done.stdout


def test_a_user_is_cut_everywhere_for_good(revoke, operated):
    status, said = revoke("user", "auth0|8f3a", "--issuer", "corp-idp", "--reason", "left")
    assert status == 0
    expected = {"issuerRef": {"name": "corp-idp"}, "user": "auth0|8f3a", "reason": "left"}
    assert spec(operated, REVOCATIONS) == expected
    assert said["object"].startswith("Revocation accredit-system/revoked-user-")


def test_a_users_tokens_are_cut_for_as_long_as_they_live(revoke, operated):
    status, _ = revoke("user", "alice", "--issuer", "corp-idp", "--before", "now", "--through", "research/planner")
    assert status == 0
    written = spec(operated, REVOCATIONS)
    assert written["agent"] == {"name": "planner", "namespace": "research"}
    assert unix_seconds(written["expiresAt"]) > unix_seconds(written["before"]) + 3600


def test_a_revocation_stands_where_it_is_told_to(revoke, operated):
    revoke("user", "alice", "--issuer", "corp-idp", "--in", "tools", "--expires", "1h")
    (stored,) = operated.list_all(REVOCATIONS).items
    assert stored.namespace == "tools"
    assert "expiresAt" in stored.document["spec"]


def test_a_token_is_cut_by_its_id(revoke, operated):
    status, _ = revoke("token", "t-1", "--issuer", "corp-idp", "--expires", "1h")
    assert status == 0
    assert spec(operated, REVOCATIONS)["tokenID"] == "t-1"


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("agent", "nobody", "-n", "research"), id="no such agent"),
        pytest.param(("user", "alice", "--issuer", "nowhere", "--before", "now"), id="no such issuer"),
        pytest.param(("agent", "planner", "-n", "research", "--before", "yesterday"), id="no time"),
        pytest.param(("user", "alice", "--issuer", "corp-idp", "--through", "planner"), id="no namespace"),
        pytest.param(("user", "alice"), id="no issuer"),
    ],
)
def test_what_makes_no_sense_writes_nothing(revoke, cluster, words):
    status, _ = revoke(*words)
    assert status == 2
    assert not [said for said in cluster.said if said.verb in _WRITES]


def test_without_the_right_to_write_it_ends_with_a_sentence(revoke, cluster):
    cluster.fail("replace", AGENTS, error=Forbidden("agentidentities: forbidden"))
    status, said = revoke("agent", "planner", "-n", "research")
    assert (status, "forbidden" in said) == (2, True)


def test_without_a_cluster_it_ends_with_a_sentence(run, monkeypatch):
    def connect(*words, **more):
        raise ClusterError("no cluster to speak to")

    monkeypatch.setattr("accredit_operator.cluster.connect", connect)
    done = run("revoke", "agent", "planner")
    assert (done.exit_code, "no cluster to speak to" in done.stderr) == (2, True)
