import itertools
import uuid
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from accredit_extauthz.codec.response import encode
from accredit_extauthz.contract.names import PolicyRef
from accredit_extauthz.model.decision import Decision, Ruling
from accredit_extauthz.model.delegation import Subject
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.serve.answers import Answers
from fakes.decisions import ALICE, ID, IDP, allowed, call, denied, extra, governing, public

OTHER_ID = "01935f6e-7b7a-7cc3-98c4-ffffffffffff"
GROUNDS = object()


class Counted:
    """The codec's encode, counted."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, decision: Decision, decision_id: str) -> bytes:
        self.times += 1
        return encode(decision, decision_id)


def test_an_allow_on_the_same_grounds_is_encoded_once_and_gets_its_own_id():
    encoding = Counted()
    answers, decision = Answers(encoding), allowed(grounds=GROUNDS)
    assert [answers.encode(decision, each) for each in (ID, OTHER_ID, ID)] == [
        encode(decision, each) for each in (ID, OTHER_ID, ID)
    ]
    assert encoding.times == 1


ANEW: dict[str, Callable[[], Decision]] = {
    "a denial": lambda: denied(Reason.SCOPE_MISSING, grounds=GROUNDS),
    "a refusal that was noted": lambda: replace(
        allowed(grounds=GROUNDS), ruling=Ruling.WOULD_DENY, reason=Reason.RULE_DENIED, message="no"
    ),
    "an allow on no grounds": allowed,
    "a public path": public,
    "headers that pretend": lambda: allowed(grounds=GROUNDS, call=call({"X-Agent-Id": "m"})),
    "extra headers": lambda: allowed(
        grounds=GROUNDS, governing=governing(extra_headers=extra("x-a")), extra_headers={"x-a": None}
    ),
}


@pytest.mark.parametrize("name", ANEW)
def test_what_may_differ_is_encoded_each_time(name):
    encoding = Counted()
    answers, decision = Answers(encoding), ANEW[name]()
    assert answers.encode(decision, ID) == answers.encode(decision, ID) == encode(decision, ID)
    assert encoding.times == 2


def test_grounds_and_rule_both_count():
    answers, rules = Answers(encode), (None, (PolicyRef("tools", "crm"), "read"), (PolicyRef("tools", "crm"), "write"))
    people = [replace(ALICE, user=Subject(IDP, name)) for name in ("alice", "bob")]
    decisions = [
        allowed(delegation=person, grounds=person, rule=rule) for person, rule in itertools.product(people, rules)
    ]
    for _ in range(2):
        assert [answers.encode(each, ID) for each in decisions] == [encode(each, ID) for each in decisions]


def test_an_id_of_another_length_does_not_fit_and_is_encoded():
    decision = allowed(grounds=GROUNDS)
    assert Answers(encode).encode(decision, "short") == encode(decision, "short")


def test_a_user_who_is_called_like_the_placeholder_changes_nothing(monkeypatch):
    monkeypatch.setattr("uuid.uuid4", lambda: uuid.UUID(OTHER_ID))
    answers = Answers(encode)
    decision = allowed(delegation=replace(ALICE, user=Subject(IDP, OTHER_ID)), grounds=GROUNDS)
    for _ in range(2):
        assert answers.encode(decision, ID) == encode(decision, ID)


@given(user=st.text(), scopes=st.frozensets(st.text()), times=st.integers(1, 3))
def test_warm_answers_equal_cold_ones(user, scopes, times):
    answers, grounds = Answers(encode), object()
    decision = allowed(delegation=replace(ALICE, user=Subject(IDP, user)), effective_scopes=scopes, grounds=grounds)
    for _ in range(times):
        assert answers.encode(decision, ID) == encode(decision, ID)
