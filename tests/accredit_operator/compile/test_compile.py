import os
from pathlib import Path

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from accredit_extauthz.contract.snapshot import Shard
from accredit_operator.compile.compile import compile_world
from accredit_operator.manifests import compile_manifests
from fakes.objects import DENY, Outcome, agent, host, identity, issuer, policy, revocation, world

GOLDEN = Path(__file__).parents[2] / "golden" / "compile"
REWRITE = "ACCREDIT_REWRITE_GOLDEN"  # set it to write what is compiled now as what is expected

SPECS = [
    issuer(),
    issuer("second", created="2026-01-01T00:00:00Z"),
    issuer("other", issuer="https://other.example", algorithms=["HS256"]),
    agent("a", "red", identities=[identity("s")]),
    agent("b", "blue", created="2026-01-01T00:00:00Z", identities=[identity("s"), identity("t", "other")]),
    agent("c", "blue", identities=[identity("s")], scopes=None, delegatesTo=[{"name": "b"}]),
    policy("p", "red", targets=[host("a.corp.example"), {"type": "Service", "service": {"name": "crm"}}]),
    policy("q", "red", targets=[host("*.corp.example")], rules=[DENY]),
    policy("r", "blue", targets=[host("*.corp.example")], created="2026-01-02T00:00:00Z"),
    policy("s", "blue", targets=[host("b.corp.example")], protocol="HTTP", rules=[]),
    policy("t", "red", targets="none"),
    revocation("x", agent={"name": "a", "namespace": "red"}),
    revocation("y", "red", user="alice"),
]


@given(st.permutations(SPECS))
def test_the_order_of_objects_makes_no_difference(documents):
    there, here = compile_world(world(*documents)), compile_world(world(*SPECS))
    assert there.shards == here.shards
    assert [str(verdict) for verdict in there.verdicts] == [str(verdict) for verdict in here.verdicts]


@given(st.lists(st.sampled_from(SPECS), unique_by=lambda document: document["metadata"]["name"]))
def test_every_object_has_one_verdict_and_the_snapshot_can_be_read(documents):
    outcome = Outcome(*documents)
    assert sorted(verdict.key.name for verdict in outcome.compiled.verdicts) == sorted(
        document["metadata"]["name"] for document in documents
    )
    assert {record.ref.name for record in outcome.snapshot.policies} == {
        document["metadata"]["name"] for document in documents if document["kind"] == "ToolPolicy"
    }


@given(st.lists(st.sampled_from(SPECS), unique_by=lambda document: document["metadata"]["name"]))
def test_a_subject_is_held_by_one_agent(documents):
    outcome = Outcome(*documents)
    held = [one for record in outcome.snapshot.agents for one in record.identities]
    assert len(held) == len(set(held))


_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=6,
)


@given(document=st.sampled_from(SPECS), junk=_JUNK, data=st.data())
def test_no_content_of_a_field_makes_the_compiler_raise(document, junk, data):
    spec = document["spec"]
    member = data.draw(st.sampled_from(sorted(spec)))
    outcome = Outcome(
        issuer("corp-idp"),
        {**document, "spec": {**spec, member: junk}, "metadata": {**document["metadata"], "name": "junk"}},
    )
    assert outcome.verdict("junk")


def rendered(folder_or_file):
    """What a set of manifests compiles to, as one YAML document."""
    compiled = compile_manifests([folder_or_file])
    shards = {name: msgspec.json.decode(data, type=Shard) for name, data in compiled.shards.items()}
    conditions = {
        str(verdict.key): {
            condition.type: f"{condition.status} {condition.reason}: {condition.message}"
            for condition in (verdict.accepted_condition(), *verdict.conditions)
        }
        | ({"problems": [str(problem) for problem in verdict.problems]} if len(verdict.problems) > 1 else {})
        | ({"notes": [str(note) for note in verdict.notes]} if verdict.notes else {})
        for verdict in compiled.verdicts
    }
    whole = {"conditions": conditions, "shards": msgspec.to_builtins(shards)}
    return yaml.safe_dump(whole, sort_keys=False, allow_unicode=True, width=1000)


@pytest.mark.parametrize("given_file", sorted(GOLDEN.glob("*.in.yaml")), ids=lambda path: path.name)
def test_manifests_compile_to_what_is_expected(given_file):
    expected = given_file.with_name(given_file.name.replace(".in.yaml", ".out.yaml"))
    if os.environ.get(REWRITE):
        expected.write_text(rendered(given_file))
    assert rendered(given_file) == expected.read_text()
