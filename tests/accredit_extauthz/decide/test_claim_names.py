import pytest

from accredit_extauthz.decide.claim_names import ABSENT, find_claim, find_text, find_texts

CLAIMS = {
    "sub": "alice",
    "a/b": "literal",
    "realm_access": {"roles": ["x", "y"], "": "empty", "a/b~c": "escaped"},
    "list": [{"a": 1}],
    "none": None,
    "empty": "",
    "mixed": ["a", 1],
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sub", "alice"),
        ("a/b", "literal"),
        ("realm_access.roles", ABSENT),
        ("/realm_access/roles", ["x", "y"]),
        ("/realm_access/", "empty"),
        ("/realm_access/a~1b~0c", "escaped"),
        ("/list/0", ABSENT),
        ("/sub/x", ABSENT),
        ("none", None),
        ("missing", ABSENT),
    ],
)
def test_a_name_with_a_slash_first_is_a_pointer(name: str, value: object) -> None:
    assert find_claim(CLAIMS, name) == value


@pytest.mark.parametrize(
    ("name", "value"), [("sub", "alice"), ("empty", None), ("none", None), ("list", None), (None, None)]
)
def test_text_is_a_string_that_is_not_empty(name: str | None, value: str | None) -> None:
    assert find_text(CLAIMS, name) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("/realm_access/roles", {"x", "y"}),
        ("sub", None),
        ("mixed", None),
        ("none", None),
        ("gone", None),
        (None, None),
    ],
)
def test_texts_are_an_array_of_strings(name: str | None, value: set[str] | None) -> None:
    assert find_texts(CLAIMS, name) == value
