import pytest

from accredit_operator.keys.fetched import judge_set
from accredit_operator.keys.source import Source
from accredit_operator.keys.unfetched import Unfetched
from fakes.issuer import FakeIssuer
from fakes.objects import JWK

SOURCE = Source("https://idp.example", None, None, ("ES256",), 300, 86400)
SECOND = FakeIssuer(kid="k2").jwk()
PRIVATE = JWK | {"d": "AA"}


def kids(*jwks):
    return [key.kid for key in judge_set(jwks, SOURCE, 7).keys]


def test_keys_stand_in_one_order_whatever_the_issuers():
    assert kids(SECOND, JWK) == kids(JWK, SECOND) == ["k1", "k2"]


def test_a_key_that_breaks_a_rule_is_left_out_and_named():
    fetched = judge_set([JWK, SECOND | {"use": "enc"}], SOURCE, 7)
    assert [key.kid for key in fetched.keys] == ["k1"]
    assert [problem.field for problem in fetched.left_out] == ["keys[1].use"]
    assert fetched.fetched_at == 7


@pytest.mark.parametrize(
    "jwks",
    [
        pytest.param([], id="empty"),
        pytest.param([JWK, JWK], id="one kid for two keys"),
        pytest.param([JWK, SECOND | {"kid": "k1"}, FakeIssuer(kid="k3").jwk()], id="one kid for two of three"),
        pytest.param([JWK | {"alg": "RS256"}], id="no usable key"),
        pytest.param([FakeIssuer(algorithm="RS256").jwk()], id="no key of a listed algorithm"),
        pytest.param([JWK, SECOND | {"n": "A" * 2049}], id="a member without measure"),
        pytest.param([JWK, SECOND | {"kid": "k" * 2049}], id="a kid without measure"),
    ],
)
def test_a_set_that_is_not_good_is_refused_whole(jwks):
    with pytest.raises(Unfetched):
        judge_set(jwks, SOURCE, 7)


@pytest.mark.parametrize(
    ("jwks", "expected"),
    [
        pytest.param([PRIVATE, SECOND], ["k2"], id="the others stay"),
        pytest.param([PRIVATE], [], id="nothing stays"),
        pytest.param([PRIVATE, JWK], [], id="nor does its public half beside it"),
    ],
)
def test_a_private_key_in_the_set_kills_its_public_half(jwks, expected):
    assert kids(*jwks) == expected
