import pytest

from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import Refusal, refuse, shown


def test_a_refusal_carries_reason_and_message() -> None:
    with pytest.raises(Refusal) as caught:
        refuse(Reason.NO_POLICY, "nothing stands here")
    assert (caught.value.reason, caught.value.message) == (Reason.NO_POLICY, "nothing stands here")


@pytest.mark.parametrize(
    ("text", "safe"),
    [("planner", "'planner'"), ("a\nb", "'a\\nb'"), ("x" * 65, f"'{'x' * 64}…'"), ("\u202ea", "'\\u202ea'")],
)
def test_what_a_sender_chose_is_shown_escaped_and_cut(text: str, safe: str) -> None:
    assert shown(text) == safe
