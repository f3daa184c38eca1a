import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_extauthz.contract.names import IssuerName
from accredit_extauthz.decide.decide import decide
from accredit_extauthz.serve.unknown_keys import KEPT_S, MAX_ISSUERS, MAX_KID, UnknownKeys
from fakes.issuer import NOW
from fakes.scene import CORP, IDP, call, view


@pytest.mark.parametrize(
    ("kid", "noted"),
    [
        pytest.param("k-new", {CORP: "k-new"}, id="an unknown key"),
        pytest.param(IDP.kid, {}, id="a known key"),
        pytest.param(None, {}, id="no key at all"),
    ],
)
def test_what_a_token_names_and_its_issuer_lacks_is_noted(kid, noted):
    unknown = UnknownKeys()
    asked = call(IDP.mint(header={"kid": kid}))
    assert unknown.noting(decide)(asked, view(), NOW, 0) == decide(asked, view(), NOW, 0)
    assert unknown.recent(NOW) == noted


def test_the_latest_of_an_issuer_counts_and_not_for_long():
    unknown = UnknownKeys()
    unknown.note(CORP, "k1", NOW)
    unknown.note(CORP, "k2", NOW + 1)
    assert unknown.recent(NOW + KEPT_S) == {CORP: "k2"}
    assert unknown.recent(NOW + 1 + KEPT_S) == {}


def test_news_is_an_issuer_that_was_not_noted_within_the_time():
    told = []
    unknown = UnknownKeys()
    unknown.tell(lambda: told.append(1))
    for at, count in ((NOW, 1), (NOW + 1, 1), (NOW + KEPT_S, 1), (NOW + 2 * KEPT_S, 2)):
        unknown.note(CORP, f"k-{at}", at)
        assert len(told) == count


@given(st.lists(st.tuples(st.integers(0, 40), st.text(max_size=300)), max_size=60))
def test_what_is_kept_is_bounded_whatever_is_sent(sent):
    unknown = UnknownKeys()
    for number, kid in sent:
        unknown.note(IssuerName(f"issuer-{number}"), kid, NOW)
    recent = unknown.recent(NOW)
    assert len(recent) <= MAX_ISSUERS
    assert all(len(kid) <= MAX_KID for kid in recent.values())
    if sent:
        assert recent[f"issuer-{sent[-1][0]}"] == sent[-1][1][:MAX_KID]
