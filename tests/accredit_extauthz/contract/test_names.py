import pytest

from accredit_extauthz.contract.names import AgentRef, PolicyRef, has_hidden_characters


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        pytest.param("agent:research/planner", False, id="printable ASCII"),
        pytest.param("Zoë Müller", False, id="letters beyond ASCII"),
        pytest.param("a\tb", True, id="a control character"),
        pytest.param("a\x7f", True, id="DEL"),
        pytest.param("a\u202eb", True, id="a bidirectional override"),
        pytest.param("a\u200bb", True, id="a zero-width space"),
        pytest.param("a\ue000", True, id="private use"),
        pytest.param("a\U000e0fff", True, id="unassigned"),
        pytest.param("a\ud800", True, id="a lone surrogate"),
        pytest.param("a\u2028b", True, id="a line separator"),
    ],
)
def test_hidden_characters_are_found(text: str, hidden: bool) -> None:
    assert has_hidden_characters(text) is hidden


def test_references_read_as_users_write_them() -> None:
    assert str(AgentRef("research", "planner")) == "research/planner"
    assert str(PolicyRef("tools", "crm")) == "tools/crm"
