import pytest

from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import Refusal, refuse


def test_a_refusal_carries_reason_and_message() -> None:
    with pytest.raises(Refusal) as caught:
        refuse(Reason.NO_POLICY, "nothing stands here")
    assert (caught.value.reason, caught.value.message) == (Reason.NO_POLICY, "nothing stands here")
