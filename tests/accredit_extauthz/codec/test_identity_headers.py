from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from accredit_extauthz.codec.identity_headers import chain_text, encoded, identity_headers
from accredit_extauthz.model.reason import Reason
from fakes.decisions import ALICE, evidence, hop


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("Az09-._~", "Az09-._~", id="unreserved characters stay"),
        pytest.param("a:b@c|d/e+f=g", "a:b@c|d/e+f=g", id="what subjects are made of stays"),
        pytest.param("a%2Cb", "a%252Cb", id="a percent sign is encoded"),
        pytest.param("alice,mallory", "alice%2Cmallory", id="a comma is encoded"),
        pytest.param("a>b c", "a%3Eb%20c", id="structure is encoded"),
        pytest.param("Zoë", "Zo%C3%AB", id="UTF-8"),
        pytest.param("a\r\nb\0", "a%0D%0Ab%00", id="control characters"),
    ],
)
def test_text_is_percent_encoded(text, shown):
    assert encoded(text) == shown


@given(st.text())
def test_encoding_can_be_undone(text):
    assert unquote(encoded(text)) == text


@given(st.lists(st.text(min_size=1), min_size=1, max_size=4))
def test_a_chain_has_one_way_to_be_split(names):
    found = chain_text(evidence(hops=tuple(hop("research", name) for name in names)))
    assert [unquote(part) for part in found.split(">")] == [f"research/{name}" for name in names]


def test_what_is_unknown_or_empty_is_not_told():
    delegation = replace(ALICE, email=None, tenant="")
    told = identity_headers(
        evidence(delegation, effective_scopes=frozenset(), extra_headers={"x-a": None}), Reason.ALLOWED
    )
    assert told.keys() == {"x-user-uid", "x-user-issuer", "x-agent-id", "x-agent-chain"}


def test_nothing_is_told_on_a_public_path_whatever_is_known():
    assert identity_headers(evidence(), Reason.ALLOWED_PUBLIC) == {}
