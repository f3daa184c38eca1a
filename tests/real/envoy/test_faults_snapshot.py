"""Snapshots that are bad, missing or change under load: the last good one serves, and what it revokes is refused."""

import json
import time

import pytest

from accredit_cli.demo.workspace import write_field
from accredit_cli.replacing import replace
from real.envoy.load import is_allowed
from real.envoy.oracle import revived

FAILURES = "accredit_snapshot_load_failures_total"
WITHIN_S = 5.0


def digest_mismatch(document):
    """Another scope for everybody, under the digest of before."""
    return document.replace(b"tool:crm:read", b"tool:crm:*   ")


def missing_shard(document):
    parsed = json.loads(document)
    parsed["shards"].popitem()
    return json.dumps(parsed).encode()


BAD = {
    "empty": lambda document: b"",
    "cut in the middle": lambda document: document[: len(document) // 2],
    "without its end": lambda document: document.rstrip()[:-1],
    "one bit turned": lambda document: document[:200] + bytes([document[200] ^ 1]) + document[201:],
    "a digest that does not fit": digest_mismatch,
    "a shard that is missing": missing_shard,
    "another format": lambda document: b"apiVersion: v1\n",
    "zeros": lambda document: bytes(len(document)),
}


def await_failures(authorizer, number):
    authorizer.process.wait_until(lambda: authorizer.counted(FAILURES) == number, f"failure {number}")


def test_the_last_good_snapshot_serves_through_every_bad_one(site):
    site.publish()
    authorizer = site.authorize()
    site.front()
    with site.load() as load:
        for number, spoil in enumerate(BAD.values(), start=1):
            replace(site.workspace.snapshot, spoil(site.document()))
            await_failures(authorizer, number)
            load.see(8, is_allowed)
        write_field(site.workspace.manifests / "agents/planner.yaml", ("spec", "suspended"), value=True)
        site.publish()
        load.see(8, lambda each: each.reason == "agent_suspended")
    assert site.broken_promises(load) == []
    assert {each.status for each in load.answers} == {200, 401, 403}


def test_a_start_with_nothing_denies_everything_until_there_is_a_snapshot(site):
    authorizer = site.authorize(is_ready=False)
    site.front(passes=False, health_check=False)
    with site.load() as load:
        denied = load.see(30, lambda each: each.reason == "snapshot_missing")
        for number, nothing in enumerate((b"", b"{}"), start=2):
            replace(site.workspace.snapshot, nothing)
            await_failures(authorizer, number)
            denied += load.see(10, lambda each: each.reason == "snapshot_missing")
        assert not authorizer.is_ready()
        site.publish()
        authorizer.process.wait_until(authorizer.is_ready, "readiness")
        load.see(30, is_allowed)
    assert not [each for each in denied if each.is_allowed]
    assert site.broken_promises(load) == []


def last_allow_s(answers, edited_at, name):
    """How long after the edit the last request of a kind was sent that was allowed."""
    return max(each.sent_at for each in answers if each.ask.name == name and each.is_allowed) - edited_at


@pytest.mark.parametrize(
    ("manifest", "field", "value", "reason"),
    [
        pytest.param("agents/researcher.yaml", ("spec", "suspended"), True, "agent_suspended", id="the current agent"),
        pytest.param("agents/planner.yaml", ("spec", "suspended"), True, "agent_suspended", id="an inner hop"),
        pytest.param("agents/planner.yaml", ("spec", "delegatesTo"), [], "edge_not_granted", id="an edge of the chain"),
    ],
)
def test_what_is_revoked_under_load_is_refused_from_then_on(site, manifest, field, value, reason):
    site.operate()
    site.authorize()
    site.front()
    with site.load() as load:
        load.mix = (site.allowed("through both", agents=("planner", "researcher")), *site.mix())
        load.see(5, lambda each: each.ask.name == "through both" and each.is_allowed)
        edited_at = time.monotonic()
        write_field(site.workspace.manifests / manifest, field, value)
        answers = load.see(20, lambda each: each.reason == reason)
    assert last_allow_s(load.answers, edited_at, "through both") < WITHIN_S
    assert not revived(answers, "through both", reason)
    assert site.broken_promises(load) == []
