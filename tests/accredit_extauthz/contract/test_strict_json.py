import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_extauthz.contract.strict_json import MAX_DEPTH, NotStrict, check_depth, parse, parse_object


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b'{"a":1,"a":1}', id="a member twice"),
        pytest.param(b'{"b":[{"a":1,"\\u0061":2}]}', id="a member twice, spelt differently, deep inside"),
        pytest.param(b"NaN", id="NaN"),
        pytest.param(b"[-Infinity]", id="Infinity"),
        pytest.param(b"1e999", id="a number beyond range"),
        pytest.param(b"9" * 5000, id="a number of 5000 digits"),
        pytest.param(b'"\xff"', id="no UTF-8"),
        pytest.param(b"\xef\xbb\xbf{}", id="a byte order mark"),
        pytest.param('{"a":1}'.encode("utf-16"), id="UTF-16"),
        pytest.param(b"{} {}", id="two values"),
        pytest.param(b"{}\x00", id="trailing NUL"),
        pytest.param(b'{"a":1,}', id="a trailing comma"),
        pytest.param(b"{'a':1}", id="single quotes"),
        pytest.param(b'"a\nb"', id="a raw line feed in a string"),
        pytest.param(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), id="one level too deep"),
        pytest.param(b'{"a":' * 900 + b"1" + b"}" * 900, id="900 deep"),
        pytest.param(b"[" * 100_000, id="100 000 open brackets"),
        pytest.param(b"]" * 100, id="closing brackets only"),
        pytest.param(b'"' + b"\\" * 99_999, id="an unterminated string of backslashes"),
        pytest.param(b'[{["' * 30 + b'\\"' * 30_000, id="an unterminated string of escaped quotes"),
    ],
)
def test_what_has_no_single_meaning_is_refused(text: bytes) -> None:
    with pytest.raises(NotStrict):
        parse(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b' {"a": [1, 2.5, null, true, "\\u00fc"]} ', {"a": [1, 2.5, None, True, "ü"]}),
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, None),
        (b"[" * (MAX_DEPTH - 1) + b"[],[]" + b"]" * (MAX_DEPTH - 1), None),
        (b'["' + b"[" * 500 + b'"]', ["[" * 500]),
        (b'["' + b"\\\\" * 200 + b'", "' + b"{" * 200 + b'"]', ["\\" * 200, "{" * 200]),
        (b'[{"a":1},{"a":2}]' + b" " * 10, [{"a": 1}, {"a": 2}]),
        (b"[" + b",".join([b"[]"] * 500) + b"]", [[]] * 500),
    ],
)
def test_strict_json_is_parsed(text: bytes, value: object) -> None:
    parsed = parse(text)
    assert value is None or parsed == value


@pytest.mark.parametrize("text", [b"[]", b'"a"', b"1", b"null"])
def test_an_object_is_wanted_where_one_is_asked_for(text: bytes) -> None:
    with pytest.raises(NotStrict):
        parse_object(text)


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=30,
)


class TestRoundTrip:
    """RFC 8259 §4: "When the names within an object are not unique, the behavior of software […] is unpredictable." """

    @given(_VALUES)
    def test_every_unambiguous_value_is_read_as_written(self, value: object) -> None:
        assert parse(json.dumps(value).encode()) == value

    @given(st.binary(max_size=200))
    def test_no_bytes_raise_anything_else(self, data: bytes) -> None:
        try:
            parse(data)
        except NotStrict:
            pass


class TestDepth:
    """However brackets stand, they are counted as one walk through the text counts them."""

    @given(st.lists(st.sampled_from([b"[", b"]", b"{", b"}", b'"[[{"', b'"\\"["', b"[" * 40, b"]" * 30]), max_size=60))
    def test_text_is_refused_where_a_walk_goes_too_deep(self, parts: list[bytes]) -> None:
        depth = deepest = 0
        for part in parts:
            for bracket in b"" if part.startswith(b'"') else part:
                depth += 1 if bracket in b"[{" else -1
                deepest = max(deepest, depth)
        assert _is_too_deep(b"".join(parts)) == (deepest > MAX_DEPTH)


def _is_too_deep(text: bytes) -> bool:
    try:
        check_depth(text)
    except NotStrict:
        return True
    return False
