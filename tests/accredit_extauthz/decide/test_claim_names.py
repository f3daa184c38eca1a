import pytest

from accredit_extauthz.decide.claim_names import ABSENT, find_claim, find_text, find_texts, member_of

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


@pytest.mark.parametrize(
    ("name", "member"),
    [
        pytest.param("team", "team", id="a member"),
        pytest.param("/org/team", "org", id="within a member"),
        pytest.param("/a~1b~0c/d", "a/b~c", id="with escapes"),
        pytest.param("https://x.example/team", "https://x.example/team", id="a URL is a name"),
        pytest.param("/", "", id="the empty member"),
    ],
)
def test_the_member_of_a_claim(name, member):
    assert member_of(name) == member
    assert find_claim({member: {"team": 1, "d": 1}}, name) is not ABSENT
