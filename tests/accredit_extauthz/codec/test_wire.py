import pytest
from google.protobuf.struct_pb2 import Struct
from hypothesis import given
from hypothesis import strategies as st

from accredit_extauthz.codec import wire
from accredit_extauthz.codec.envoy_subset_pb2 import HeaderValue, HeaderValueOption, OkHttpResponse, Status

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
EDGES = [1, 60, 90, 110, 115, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129, 300, 16_383, 16_384, 70_000]


def option(name, value):
    action = HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD
    return HeaderValueOption(header=HeaderValue(key=name, value=value), append_action=action)


def check_texts(name, value):
    """Both ways to write: what protobuf writes, and what it reads."""
    written = wire.overwriting(wire.tag(2), name, value)
    assert written == OkHttpResponse(headers=[option(name, value)]).SerializeToString()
    expected = Struct()
    expected.update({name: value})
    assert wire.entry(name, value) == expected.SerializeToString()


@pytest.mark.parametrize("size", EDGES)
def test_lengths_around_every_edge_are_written_as_protobuf_does(size):
    check_texts("x", "v" * size)
    check_texts("n" * size, "v")
    check_texts("n" * (size // 2 + 1), "v" * (size // 2 + 1))


@given(TEXT, TEXT)
def test_any_text_is_written_as_protobuf_does(name, value):
    check_texts(name, value)


@given(st.dictionaries(TEXT, TEXT))
def test_a_struct_holds_what_it_was_given_in_order(fields):
    data = wire.struct(fields)
    read = Struct.FromString(data)
    assert {name: value.string_value for name, value in read.fields.items()} == fields
    assert data == b"".join(wire.entry(name, fields[name]) for name in sorted(fields))


@given(st.integers(0, 2**31 - 1), st.text(st.characters(exclude_categories=["Cs"])))
def test_numbers_and_texts_are_written_as_protobuf_does_and_left_out_when_empty(number, message):
    assert wire.whole(1, number) + wire.text(2, message) == Status(code=number, message=message).SerializeToString()


def test_a_lone_surrogate_is_refused_as_protobuf_does():
    for write in (wire.entry, lambda name, value: wire.overwriting(b"\x12", name, value)):
        with pytest.raises(UnicodeEncodeError):
            write("x", "\ud800")
