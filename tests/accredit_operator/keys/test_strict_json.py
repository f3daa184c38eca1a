import pytest

from accredit_operator.keys.strict_json import NotStrict, parse_object


def test_an_object_is_read():
    assert parse_object(b' {"keys": [{"kid": "k\xc3\xa4"}], "n": 1.5} ') == {"keys": [{"kid": "kä"}], "n": 1.5}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<html>", id="a page"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"a": 1} {}', id="two values"),
        pytest.param(b'{"keys": [], "keys": [1]}', id="a member twice"),
        pytest.param(b'{"a": {"kid": "x", "\\u006bid": "y"}}', id="a member twice, spelt differently, deeper down"),
        pytest.param(b'{"a": NaN}', id="NaN"),
        pytest.param(b'{"a": -Infinity}', id="Infinity"),
        pytest.param(b'{"a": "\xff"}', id="not UTF-8"),
        pytest.param('{"a": 1}'.encode("utf-16"), id="UTF-16"),
        pytest.param(b'\xef\xbb\xbf{"a": 1}', id="a byte order mark"),
        pytest.param(b'{"a": ' + b"1" * 5000 + b"}", id="a number too long"),
        pytest.param(b'{"a": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", id="nested deeply"),
    ],
)
def test_what_has_no_single_meaning_is_refused(data):
    with pytest.raises(NotStrict):
        parse_object(data)
