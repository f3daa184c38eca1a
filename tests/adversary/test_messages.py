"""MCP messages attacked: what could mean another thing to a server is refused in every protocol version."""

from collections import Counter

from adversary.bodies import BODIES
from adversary.case import surprises
from adversary.messages import MESSAGES, SENT_HONESTLY


def test_every_message_of_two_meanings_is_refused_for_its_reason():
    assert surprises(MESSAGES) == {}


def test_honest_messages_are_allowed_in_every_version():
    assert surprises(SENT_HONESTLY) == {}


def test_the_attacks_are_many_and_named_once():
    assert len(BODIES) >= 80
    assert [name for name, count in Counter(case.name for case in MESSAGES).items() if count > 1] == []
