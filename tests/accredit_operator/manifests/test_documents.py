import contextlib

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from accredit_operator.manifests.documents import MAX_DEPTH, DocumentUnreadable, read_documents


def values(text):
    return [document.value for document in read_documents(text)]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param("true", True, id="a boolean"),
        pytest.param("False", False, id="a boolean with a capital"),
        pytest.param("yes", "yes", id="yes is a text"),
        pytest.param("on", "on", id="on is a text"),
        pytest.param("n", "n", id="n is a text"),
        pytest.param("12", 12, id="a number"),
        pytest.param("-3", -3, id="a negative number"),
        pytest.param("010", "010", id="no octal"),
        pytest.param("0o10", "0o10", id="nor another one"),
        pytest.param("0x10", "0x10", id="no hexadecimal"),
        pytest.param("1_000", "1_000", id="no underscores"),
        pytest.param("12:30:00", "12:30:00", id="no base sixty"),
        pytest.param("1.5", 1.5, id="a decimal"),
        pytest.param("1e3", 1000.0, id="an exponent"),
        pytest.param(".inf", ".inf", id="no infinity"),
        pytest.param(".nan", ".nan", id="no NaN"),
        pytest.param("9" * 40, "9" * 40, id="a number too long for one"),
        pytest.param("2026-11-24T10:00:00Z", "2026-11-24T10:00:00Z", id="a time is a text"),
        pytest.param("2026-11-24", "2026-11-24", id="a date is a text"),
        pytest.param("null", None, id="a null"),
        pytest.param("~", None, id="another null"),
        pytest.param("", None, id="nothing is null"),
        pytest.param("''", "", id="an empty text"),
        pytest.param("'12'", "12", id="a quoted number"),
        pytest.param('"true"', "true", id="a quoted boolean"),
        pytest.param("!!str 12", "12", id="a number that is tagged as text"),
        pytest.param("|\n    two\n    lines", "two\nlines", id="a block"),
        pytest.param("=", "=", id="an equals sign"),
        pytest.param("<<", "<<", id="a merge key's name"),
    ],
)
def test_a_scalar_is_read_without_surprises(written, read):
    ((value),) = values(f"a: {written}")
    assert value["a"] == read
    assert type(value["a"]) is type(read)


def test_several_documents_are_read_and_empty_ones_left_out():
    assert values("a: 1\n---\n---\n# nothing\n---\nb: 2\n...\n") == [{"a": 1}, {"b": 2}]


def test_an_empty_file_has_no_documents():
    assert values("") == values("# a comment\n") == []


def test_keys_are_texts():
    assert values("on: 1\n1: 2\n~: 3\n'': 4\n") == [{"on": 1, "1": 2, "~": 3, "": 4}]


def test_every_field_has_its_line():
    (document,) = read_documents("---\n# the object\nspec:\n  rules:\n  - name: a\n  - name: b\n    scopes:\n    - x\n")
    assert document.line == 1
    lines = document.lines
    assert (lines["spec"], lines["spec.rules"]) == (3, 4)
    assert (lines["spec.rules[1].name"], lines["spec.rules[1].scopes"], lines["spec.rules[1].scopes[0]"]) == (6, 7, 8)


def test_aliases_repeat_what_their_anchor_names():
    assert values("a: &x {k: [1]}\nb: *x\nc: &y text\nd: [*y, *x]\n") == [
        {"a": {"k": [1]}, "b": {"k": [1]}, "c": "text", "d": ["text", {"k": [1]}]}
    ]


def test_anchors_end_with_their_document():
    with pytest.raises(DocumentUnreadable):
        values("a: &x 1\n---\nb: *x\n")


def laughs(levels, width=9):
    rows = ["l0: &l0 [" + ",".join(["lol"] * width) + "]"]
    rows += [f"l{n}: &l{n} [" + ",".join([f"*l{n - 1}"] * width) + "]" for n in range(1, levels)]
    return "\n".join(rows)


def ladder(levels):
    rows = ["l0: &l0 [x]"] + [f"l{n}: &l{n} [*l{n - 1}]" for n in range(1, levels)]
    return "\n".join(rows)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("a: 1\na: 2", 2, id="a key that stands twice"),
        pytest.param("a:\n  b: 1\n  c: 2\n  b: 3", 4, id="one beneath"),
        pytest.param("a: 1\n'a': 2", 2, id="one in quotes"),
        pytest.param("a: 1\nb: [", 2, id="a list without an end"),
        pytest.param("a: b: c", 1, id="a mapping in a line"),
        pytest.param("a: 1\n\tb: 2", 2, id="a tab"),
        pytest.param("ä: 1\nb: \x07", 2, id="a control character"),
        pytest.param("a: !!python/object/apply:os.system [x]", 1, id="a tag that runs code"),
        pytest.param("a: !custom x", 1, id="a tag of one's own"),
        pytest.param("a: !!binary aGk=", 1, id="binary"),
        pytest.param("? [a]\n: b", 1, id="a list as a key"),
        pytest.param("x: &k a\n*k : b", 2, id="an alias as a key"),
        pytest.param("a: *nowhere", 1, id="an alias of nothing"),
        pytest.param("a: &x [*x]", 1, id="an alias inside its anchor"),
        pytest.param("[" * (MAX_DEPTH + 1), 1, id="lists in lists"),
        pytest.param("[" * 100_000, 1, id="a great many of them"),
        pytest.param(laughs(9), 6, id="a billion laughs"),
        pytest.param(ladder(MAX_DEPTH + 2), MAX_DEPTH, id="a ladder of aliases"),
        pytest.param("\n".join(f"- {n}" for n in range(200_001)), 200_000, id="too many values"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(text, line):
    with pytest.raises(DocumentUnreadable) as refused:
        values(text)
    assert refused.value.line == line


_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1), inner, max_size=4),
    max_leaves=20,
)


@given(_PLAIN.filter(lambda value: value is not None))
def test_what_is_dumped_is_read_back(value):
    # JSON is YAML, and leaves no choice of style.
    text = yaml.safe_dump(value, default_style='"') if isinstance(value, str) else yaml.safe_dump(value)
    assert values(text) == [value]


@given(st.text())
def test_no_text_makes_the_reader_raise_anything_else(text):
    with contextlib.suppress(DocumentUnreadable):
        values(text)
