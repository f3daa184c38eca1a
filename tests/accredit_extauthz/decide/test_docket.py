import pytest

from accredit_extauthz.contract.snapshot import Mode
from accredit_extauthz.decide.docket import NOTABLE, Docket
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import Refusal, refuse


@pytest.mark.parametrize("reason", sorted(NOTABLE))
def test_audit_mode_notes_and_goes_on(reason: Reason) -> None:
    docket = Docket(Mode.AUDIT)
    with docket:
        refuse(reason, "first")
    with docket:
        refuse(Reason.RULE_DENIED, "second")
    assert docket.noted is not None
    assert docket.noted.message == "first"


@pytest.mark.parametrize("reason", sorted(set(Reason) - NOTABLE))
def test_audit_mode_enforces_everything_else(reason: Reason) -> None:
    with pytest.raises(Refusal), Docket(Mode.AUDIT):
        refuse(reason, "no")


@pytest.mark.parametrize("reason", sorted(Reason))
def test_enforcement_notes_nothing(reason: Reason) -> None:
    with pytest.raises(Refusal), Docket(Mode.ENFORCE):
        refuse(reason, "no")


def test_a_bug_is_no_refusal() -> None:
    with pytest.raises(KeyError), Docket(Mode.AUDIT):
        raise KeyError("x")


def test_nothing_noted_is_nothing() -> None:
    docket = Docket(Mode.AUDIT)
    with docket:
        pass
    assert docket.noted is None
