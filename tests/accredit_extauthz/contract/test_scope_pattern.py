import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_extauthz.contract.scope_pattern import is_scope, parse_ceiling, parse_scope_pattern
from reference.text import is_under_ceiling


@pytest.mark.parametrize(
    ("pattern", "scope", "covered"),
    [
        pytest.param("tool:crm:read", "tool:crm:read", True, id="a literal covers itself"),
        pytest.param("tool:crm:read", "tool:crm:readall", False, id="a literal is no prefix"),
        pytest.param("tool:crm:*", "tool:crm:read", True, id="a star covers what follows"),
        pytest.param("tool:crm:*", "tool:crm:", False, id="a star needs something to cover"),
        pytest.param("tool:crm:*", "tool:crm", False, id="the prefix alone is not covered"),
        pytest.param("tool:crm:*", "tool:crm:a:b", True, id="a star crosses separators"),
        pytest.param("tool:crm:*", "tool:crm:*", True, id="a star in a token is an ordinary character"),
        pytest.param("tool:crm:read", "tool:crm:*", False, id="a star in a token widens nothing"),
        pytest.param("files.*", "files.read", True, id="a dot may stand before the star"),
        pytest.param("files/*", "files/read", True, id="a slash may stand before the star"),
    ],
)
def test_a_ceiling_covers_what_it_spells(pattern: str, scope: str, covered: bool) -> None:
    parsed = parse_scope_pattern(pattern)
    assert parsed is not None
    assert parsed.text == pattern
    assert parse_ceiling((pattern,)).covers(scope) is covered


@pytest.mark.parametrize(
    "text", ["", "a b", 'a"b', "a\\b", "é", "*", "tool*", "tool:*:read", "tool:*:*", "tool:**", ":*:", "a\x7f"]
)
def test_what_is_no_ceiling_is_not_parsed(text: str) -> None:
    assert parse_scope_pattern(text) is None


@pytest.mark.parametrize(("text", "scope"), [("a!#[]~", True), ("a b", False), ("", False), ("a\u00a0b", False)])
def test_scope_characters_are_those_of_rfc_6749(text: str, scope: bool) -> None:
    assert is_scope(text) is scope


_SCOPES = st.text("ab:./*", min_size=1, max_size=5)


class TestCeiling:
    """A ceiling covers exactly what one of its entries spells."""

    @given(st.lists(_SCOPES, max_size=4), _SCOPES)
    def test_it_is_the_sum_of_its_entries(self, texts: list[str], scope: str) -> None:
        entries = tuple(text for text in texts if parse_scope_pattern(text) is not None)
        assert parse_ceiling(texts).covers(scope) is is_under_ceiling(scope, entries)
        assert bool(parse_ceiling(texts)) is bool(entries)
