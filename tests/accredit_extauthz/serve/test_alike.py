import pytest

from accredit_extauthz.serve.alike import Alike


@pytest.fixture
def made():
    return []


@pytest.fixture
def alike(made):
    """Makes a word of a sign and a number's last digit; for a negative number anew each time."""

    def make(number, sign):
        made.append(number)
        return f"{sign}{number % 10}"

    return Alike(lambda number, sign: None if number < 0 else (number % 10, sign), make, 4)


def test_what_has_the_same_key_is_made_once(alike, made):
    assert [alike(number, "a") for number in (1, 11, 21)] == ["a1", "a1", "a1"]
    assert made == [1]


def test_every_argument_counts(alike):
    assert [alike(1, "a"), alike(1, "b"), alike(1, "a")] == ["a1", "b1", "a1"]


def test_what_has_no_key_is_made_anew_and_not_kept(alike, made):
    assert [alike(-1, "a"), alike(-1, "a")] == ["a9", "a9"]
    assert made == [-1, -1]
    assert len(alike) == 0


def test_what_is_kept_is_bounded(alike):
    for number in range(100):
        alike(number, str(number))
    assert len(alike) <= 4
