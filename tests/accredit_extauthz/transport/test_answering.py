import pytest

from accredit_extauthz.transport.answering import grouped, single
from accredit_extauthz.transport.port import GroupHandler


class Reversing:
    """A handler for groups."""

    def __call__(self, data):
        raise AssertionError("a group is asked together")

    def together(self, requests):
        return [data[::-1] for data in requests]


def fussy(data):
    if data == b"bad":
        raise ValueError("bad")
    return data


def test_a_handler_for_groups_is_known_by_its_method():
    assert isinstance(Reversing(), GroupHandler)
    assert not isinstance(fussy, GroupHandler)


def test_a_group_is_answered_together():
    assert grouped(Reversing(), b"no")([b"ab", b"cd"]) == [b"ba", b"dc"]


def test_one_failure_of_a_handler_for_one_is_its_own():
    assert grouped(fussy, b"no")([b"a", b"bad", b"b"]) == [b"a", b"no", b"b"]


@pytest.mark.parametrize("guard", [single, grouped])
def test_an_empty_fallback_is_refused(guard):
    for handler in (fussy, Reversing()):
        with pytest.raises(ValueError, match="fallback"):
            guard(handler, b"")
