import pytest

from accredit_extauthz.contract.shown import shown


@pytest.mark.parametrize(
    ("text", "safe"),
    [("planner", "'planner'"), ("a\nb", "'a\\nb'"), ("x" * 65, f"'{'x' * 64}…'"), ("\u202ea", "'\\u202ea'")],
)
def test_what_a_sender_chose_is_shown_escaped_and_cut(text: str, safe: str) -> None:
    assert shown(text) == safe
