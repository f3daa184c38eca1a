from accredit_extauthz.contract.names import Issuer
from accredit_extauthz.contract.snapshot import CallerKind
from accredit_extauthz.model.delegation import Delegation, Subject

ALICE = Subject(Issuer("https://idp.example"), "alice")


def test_a_subject_is_shown_with_its_issuer() -> None:
    assert str(ALICE) == "alice of https://idp.example"


def test_who_calls_follows_from_the_chain() -> None:
    alone = Delegation(ALICE, (), None, frozenset(), None, None, None)
    through = Delegation(ALICE, (ALICE,), None, frozenset(), None, None, None)
    assert (alone.caller, through.caller) == (CallerKind.USER, CallerKind.DELEGATED)
