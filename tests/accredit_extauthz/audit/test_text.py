import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_extauthz.audit.text import MAX_TEXT, MAX_TEXTS, cut, cut_all, members

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("a" * MAX_TEXT, "a" * MAX_TEXT, id="exactly the bound"),
        pytest.param("a" * (MAX_TEXT + 1), "a" * MAX_TEXT + "…", id="one beyond"),
    ],
)
def test_text_is_cut_at_its_bound(text, found):
    assert cut(text) == found


@given(st.lists(ANY_TEXT))
def test_a_list_is_a_prefix_within_its_bound(texts):
    found = cut_all(texts)
    kept = found[:-1] if len(found) != len(texts) or found != [cut(text) for text in texts] else found
    assert kept == [cut(text) for text in texts][: len(kept)]
    assert sum(len(text) for text in found) <= MAX_TEXTS + 1


def test_a_list_that_was_cut_says_so():
    assert cut_all(["a" * 500] * 100)[-1] == "…"


@given(st.recursive(ANY_TEXT | st.none() | st.integers(0, 2**53), lambda inner: st.lists(inner, max_size=3)))
def test_a_record_is_always_one_line_of_valid_json(value):
    line = b"{%b}" % members({"value": value})
    assert line.decode().splitlines() == [line.decode()]
    assert list(json.loads(line)) == ["value"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("\ud800", "\\ud800", id="a lone surrogate becomes its escape, in text"),
        pytest.param("a\u2028b\u0085c", "a\u2028b\u0085c", id="line separators survive"),
        pytest.param("\x00\n\r\x1b[31m", "\x00\n\r\x1b[31m", id="controls survive"),
        pytest.param("ü 漢 🙂", "ü 漢 🙂", id="letters survive"),
    ],
)
def test_what_a_reader_gets_back(text, found):
    assert json.loads(b"{%b}" % members({"value": [{"inner": text}], "v": 1})) == {"value": [{"inner": found}], "v": 1}
