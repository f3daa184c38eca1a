import json
import time

import pytest
import yaml

from accredit_operator.kinds.times import unix_seconds
from accredit_operator.ports import DECLARED
from accredit_operator.world import Kind


@pytest.fixture
def agents(manifests):
    file = manifests / "agents.yaml"
    file.write_text(file.read_text().replace("  scopes:", "  suspended: true  # leaked key\n  scopes:", 1))
    file.chmod(0o640)
    return file


def spec(file):
    return next(yaml.safe_load_all(file.read_text()))["spec"]


def test_a_resumed_agent_acts_with_new_tokens_only(run, manifests, agents):
    before = int(time.time())  # noqa: TID251 -- the verb asks the real clock
    done = run("resume", "planner", "-n", "research", manifests)
    assert done.exit_code == 0, done.output
    assert spec(agents)["suspended"] is False
    assert before <= time.mktime(time.strptime(spec(agents)["revokedBefore"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone


def test_comments_and_permissions_stay(run, manifests, agents):
    run("resume", "planner", "-n", "research", manifests)
    assert "# leaked key" in agents.read_text()
    assert agents.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link(run, manifests, agents):
    real = agents.rename(manifests.parent / "real.yaml")
    agents.symlink_to(real)
    assert run("resume", "planner", "-n", "research", manifests).exit_code == 0
    assert agents.is_symlink()
    assert spec(real)["suspended"] is False


def test_an_agent_that_is_not_suspended_is_left_alone(run, manifests, agents):
    before = agents.read_text()
    assert run("resume", "scribe", "-n", "crm", manifests).exit_code == 1
    assert agents.read_text() == before


def test_an_agent_that_is_not_there_is_an_error(run, manifests, agents):
    assert run("resume", "planner", manifests).exit_code == 2


def test_an_agent_that_is_not_accepted_is_resumed_and_told(run, manifests, agents):
    agents.write_text(agents.read_text().replace('"tool:docs:read"', '"tool:*:read"'))
    done = run("resume", "planner", "-n", "research", manifests, "-o", "json")
    assert done.exit_code == 1
    assert "spec.scopes" in done.stdout


@pytest.fixture
def operated(cluster):
    """What is written is published, and served by both replicas, at once."""

    def publish(said):
        if said.verb == "replace":
            cluster.publish(2)
            for name in ("accredit-extauthz-a", "accredit-extauthz-b"):
                cluster.serve(name, 2)

    cluster.after_call = publish
    return cluster


def written(cluster):
    (stored,) = cluster.list_all(DECLARED[Kind.AGENT_IDENTITY]).items
    return stored.document["spec"]


def test_in_a_cluster_every_replica_serves_it_when_the_command_ends(run, operated):
    assert run("revoke", "agent", "planner", "-n", "research", "--timeout", "0s").exit_code == 0
    before = int(time.time())  # noqa: TID251 -- the verb asks the real clock
    done = run("resume", "planner", "-n", "research", "--timeout", "0s", "-o", "json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["served"] is True
    assert written(operated)["suspended"] is False
    assert before <= unix_seconds(written(operated)["revokedBefore"]) <= before + 60


def test_in_a_cluster_an_agent_that_is_not_suspended_is_left_alone(run, operated):
    before = written(operated)
    assert run("resume", "planner", "-n", "research").exit_code == 1
    assert written(operated) == before
