"""Delegation attacked: no chain but a granted one passes, whoever presents it."""

from collections import Counter

from adversary.case import surprises
from adversary.chains import CHAINS, GRANTED


def test_every_attack_on_a_chain_is_refused_for_its_reason():
    assert surprises(CHAINS) == {}


def test_granted_chains_are_allowed():
    assert surprises(GRANTED) == {}


def test_the_attacks_are_many_and_named_once():
    assert len(CHAINS) >= 60
    assert [name for name, count in Counter(case.name for case in CHAINS).items() if count > 1] == []
