import pytest

from accredit_extauthz.contract.snapshot import Key
from accredit_operator.conditions import Status
from accredit_operator.keys.standing import Standing, keys_fetched
from accredit_operator.world import Problem

KEYS = (Key(kid="k1", algorithm="ES256", jwk={}), Key(algorithm="ES256", jwk={}))


@pytest.mark.parametrize(
    ("standing", "status", "reason"),
    [
        pytest.param(Standing(), Status.FALSE, "NotFetched", id="before the first fetch"),
        pytest.param(Standing(trouble="t"), Status.FALSE, "NotFetched", id="after a first fetch that failed"),
        pytest.param(Standing(KEYS, 7), Status.TRUE, "KeysUsable", id="after a fetch"),
        pytest.param(Standing(KEYS, 7, trouble="t"), Status.TRUE, "KeysUsable", id="while the last good set is kept"),
        pytest.param(Standing((), 7, trouble="t", has_lapsed=True), Status.FALSE, "Stale", id="after maxStale"),
        pytest.param(Standing((), 7), Status.FALSE, "NoUsableKeys", id="when a private key was all there was"),
    ],
)
def test_the_condition_says_whether_tokens_can_verify(standing, status, reason):
    condition = keys_fetched(standing, 3)
    assert (condition.type, condition.status, condition.reason) == ("KeysFetched", status, reason)
    assert condition.observed_generation == 3


def test_the_condition_repeats_the_trouble_and_what_was_left_out():
    message = keys_fetched(Standing(KEYS, 7, (Problem("keys[1].use", "f", "r"),), "it answered 500"), 1).message
    assert "it answered 500" in message
    assert "keys[1].use" in message


def test_key_ids_are_those_of_keys_that_have_one():
    assert Standing(KEYS).key_ids == ("k1",)
