import pytest

from accredit_extauthz.contract.name_pattern import is_name_pattern, name_matches


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("contacts.get", "contacts.get", True),
        ("contacts.get", "contacts.getall", False),
        ("contacts.*", "contacts.get", True),
        ("contacts.*", "Contacts.get", False),
        ("*", "anything", True),
        ("a.c", "abc", False),
    ],
)
def test_names_are_compared_byte_for_byte(pattern: str, name: str, matches: bool) -> None:
    assert name_matches(pattern, name) is matches


@pytest.mark.parametrize(
    ("text", "pattern"), [("a", True), ("a*", True), ("*", True), ("", False), ("a*b", False), ("**", False)]
)
def test_a_star_stands_once_and_last(text: str, pattern: bool) -> None:
    assert is_name_pattern(text) is pattern
