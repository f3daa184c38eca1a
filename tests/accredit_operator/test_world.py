import pytest

from accredit_operator.compile.objects import read_object
from accredit_operator.kinds.agent_identity import AgentIdentitySpec
from accredit_operator.world import Kind, NamespaceFacts, ObjectKey, Origin, World
from fakes.objects import agent, policy, world


def test_objects_come_and_go_without_touching_the_old_world():
    empty = World()
    full = empty.with_object(read_object(agent()))
    key = ObjectKey(Kind.AGENT_IDENTITY, "research", "planner")
    assert (list(empty.objects), list(full.objects), list(full.without(key).objects)) == ([], [key], [])


def test_a_later_object_takes_the_place_of_the_former():
    twice = world(agent()).with_object(read_object(agent(suspended=True)))
    (found,) = twice.of_kind(Kind.AGENT_IDENTITY, AgentIdentitySpec)
    assert found.spec.suspended


def test_claims_go_by_age_then_namespace_then_name():
    dated = {"late": "2026-01-02T00:00:00Z", "early": "2026-01-01T00:00:00Z"}
    documents = [
        agent("b", "x"),
        agent("a", "y"),
        agent("a", "x"),
        *(agent(name, "z", created=created) for name, created in dated.items()),
        policy(),
    ]
    found = world(*documents).of_kind(Kind.AGENT_IDENTITY, AgentIdentitySpec)
    assert [f"{one.key.namespace}/{one.key.name}" for one in found] == ["z/early", "z/late", "x/a", "x/b", "y/a"]


def test_a_namespace_exists_when_it_is_declared_or_used():
    assert world(agent(), namespaces=(NamespaceFacts("empty"),)).namespace_names() == {"research", "empty"}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        pytest.param("spec.rules[1].name", 7, id="a field that is written"),
        pytest.param("spec.rules[1].scopes", 6, id="one that is missing, beneath its nearest parent"),
        pytest.param("spec.rules[2]", 4, id="an item that is not there"),
        pytest.param("status", 1, id="nothing near"),
        pytest.param("", 1, id="the object"),
    ],
)
def test_an_origin_knows_the_line_of_a_field(path, line):
    lines = {"spec": 3, "spec.rules": 4, "spec.rules[1]": 6, "spec.rules[1].name": 7}
    assert Origin("x.yaml", 1, lines).at(path) == f"x.yaml:{line}"


def test_keys_are_named_as_people_name_objects():
    assert str(ObjectKey(Kind.TRUSTED_ISSUER, "", "idp")) == "TrustedIssuer idp"
    assert str(ObjectKey(Kind.TOOL_POLICY, "tools", "crm")) == "ToolPolicy tools/crm"
