from dataclasses import replace

from accredit_extauthz.contract.snapshot import Key
from accredit_operator.keys.fetched import Fetched
from accredit_operator.keys.holding import follow, hold, hold_remembered
from accredit_operator.keys.schedule import NS_PER_S, next_due_ns
from accredit_operator.keys.source import Source
from fakes.objects import JWK

SOURCE = Source("https://idp.example", None, None, ("ES256",), 300, 3600)
KEYS = (Key(kid="k1", algorithm="ES256", jwk=JWK),)
GOOD = Fetched(KEYS, 1000)
NOW = 10_000 * NS_PER_S

FRESH = hold(SOURCE, NOW).begun(NOW).with_good(GOOD, NOW, 0.5)


def test_a_new_issuer_is_due_at_once_and_has_nothing():
    held = hold(SOURCE, NOW)
    assert next_due_ns(held.refreshes) == NOW
    assert held.standing(NOW).keys == ()
    assert held.age_s(NOW) is None


def test_remembered_keys_are_as_old_as_their_fetch_and_checked_at_once():
    held = hold_remembered(SOURCE, GOOD, now_s=1600, now_ns=NOW)
    assert (held.age_s(NOW), next_due_ns(held.refreshes)) == (600, NOW)
    assert held.standing(NOW + 3000 * NS_PER_S).keys == KEYS
    assert held.standing(NOW + 3000 * NS_PER_S + 1).keys == ()


def test_keys_remembered_from_the_future_are_no_younger_than_now():
    assert hold_remembered(SOURCE, GOOD, now_s=10, now_ns=NOW).age_s(NOW) == 0


def test_a_change_of_the_address_forgets_the_keys_of_the_old_one():
    moved = follow(FRESH, replace(SOURCE, url="https://idp.example/jwks"), NOW + 5)
    assert moved.standing(NOW + 5).keys == ()
    assert next_due_ns(moved.refreshes) == NOW + 5


def test_any_other_change_keeps_the_keys_and_asks_at_once():
    changed = follow(FRESH, replace(SOURCE, algorithms=("RS256",), ca_bundle="PEM"), NOW + 5)
    assert changed.standing(NOW + 5).keys == KEYS
    assert next_due_ns(changed.refreshes) == NOW + 5


def test_the_standing_tells_lapsed_keys_from_none():
    failing = FRESH.begun(NOW).with_trouble("it answered 500", NOW, 0.5)
    before, after = (failing.standing(NOW + age * NS_PER_S) for age in (3600, 3601))
    assert (before.keys, before.has_lapsed, before.trouble) == (KEYS, False, "it answered 500")
    assert (after.keys, after.has_lapsed, after.fetched_at) == ((), True, 1000)
