import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_cli.scenarios.layers import layered, patched, present, pruned

_LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
_VALUES = st.recursive(_LEAVES, lambda inner: st.dictionaries(st.sampled_from("abc"), inner), max_leaves=8)
_OBJECTS = st.dictionaries(st.sampled_from("abc"), _VALUES)


@pytest.mark.parametrize(  # RFC 7396, appendix A
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_merge_patch_does_what_the_standard_says(target, patch, result):
    assert patched(target, patch) == result


@given(_OBJECTS, _OBJECTS)
def test_layers_keep_nulls_and_are_a_merge_patch_once_those_are_gone(base, over):
    laid = layered(base, over)
    assert all(name in laid for name in over)
    assert pruned(laid) == pruned(patched(base, over))


@given(_OBJECTS)
def test_a_layer_of_nothing_changes_nothing(base):
    assert layered(base, {}) == base == layered({}, base)


def test_only_the_top_is_looked_at_for_what_is_present():
    assert present({"a": None, "b": {"c": None}}) == {"b": {"c": None}}
