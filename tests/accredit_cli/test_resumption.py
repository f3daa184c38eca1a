import textwrap

import pytest

from accredit_cli.resumption import NotResumable, NotSuspended, resumed
from accredit_operator.world import Kind, ObjectKey

NOW = 1_800_000_000  # 2027-01-15T08:00:00Z
PLANNER = ObjectKey(Kind.AGENT_IDENTITY, "research", "planner")
_HEAD = """\
# the team's agents
apiVersion: accredit.dev/v1alpha1
kind: AgentIdentity
metadata: {name: planner, namespace: research}
"""


def manifest(spec):
    return _HEAD + textwrap.dedent(spec)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            """\
            spec:
              # why: leaked key
              scopes:   ["a:b"]   # kept as it is
              suspended: true  # since Monday
            """,
            """\
            spec:
              # why: leaked key
              revokedBefore: "2027-01-15T08:00:00Z"
              scopes:   ["a:b"]   # kept as it is
              suspended: false  # since Monday
            """,
            id="a block gains a line and keeps comments",
        ),
        pytest.param(
            """\
            spec:
                suspended: true
                revokedBefore: "2026-01-01T00:00:00Z"
            """,
            """\
            spec:
                suspended: false
                revokedBefore: "2027-01-15T08:00:00Z"
            """,
            id="an older revokedBefore is replaced",
        ),
        pytest.param(
            """\
            spec:
              suspended: true
              revokedBefore: 2028-01-01T00:00:00Z
            """,
            """\
            spec:
              suspended: false
              revokedBefore: "2028-01-01T00:00:00Z"
            """,
            id="a later revokedBefore stays",
        ),
        pytest.param(
            "spec: {suspended: true, scopes: []}\n",
            'spec: {revokedBefore: "2027-01-15T08:00:00Z", suspended: false, scopes: []}\n',
            id="a flow mapping stays one",
        ),
    ],
)
def test_an_agent_is_resumed_where_it_is_written(before, after):
    assert resumed(manifest(before), PLANNER, NOW) == manifest(after)


def test_only_the_named_agent_of_a_file_changes():
    other = textwrap.dedent("""\
        ---
        # é, another one
        apiVersion: accredit.dev/v1alpha1
        kind: AgentIdentity
        metadata: {name: scribe}
        spec:
          suspended: true
        """)
    planner = manifest("spec:\n  suspended: true\n")
    text = f"---\n{other}---\n{planner}{other}"
    changed = resumed(text, PLANNER, NOW)
    assert changed.count("suspended: true") == 2
    assert changed.count(other) == 2


def test_an_agent_without_a_namespace_is_of_the_default_one():
    text = manifest("spec: {suspended: true}\n").replace(", namespace: research", "")
    assert "suspended: false" in resumed(text, ObjectKey(Kind.AGENT_IDENTITY, "default", "planner"), NOW)
    with pytest.raises(NotResumable):
        resumed(text, PLANNER, NOW)


def test_windows_line_ends_stay():
    text = manifest("spec:\n  scopes: []\n  suspended: true\n").replace("\n", "\r\n")
    changed = resumed(text, PLANNER, NOW)
    assert changed.count("\r\n") == changed.count("\n") == text.count("\n") + 1


def test_an_agent_that_is_not_suspended_is_left_alone():
    with pytest.raises(NotSuspended):
        resumed(manifest("spec: {suspended: false}\n"), PLANNER, NOW)


def test_an_edit_that_would_reach_another_object_is_refused():
    text = "kind: List\nitems:\n- &one {suspended: true}\n---\n" + manifest(
        "spec: &shared {suspended: true}\nmore: *shared\n"
    )
    with pytest.raises(NotResumable, match="by hand"):
        resumed(text, PLANNER, NOW)
