import pytest

from accredit_extauthz.contract.snapshot import Key
from accredit_extauthz.decide.signature import ALGORITHMS, choose_key, load_key, verify_signature
from accredit_extauthz.decide.token import parse_compact
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import Refusal
from fakes.issuer import FakeIssuer, b64url
from fakes.scene import IDP


def key_of(issuer: FakeIssuer, algorithm: str | None = None) -> Key:
    return Key(kid=issuer.kid, algorithm=algorithm or issuer.algorithm, jwk=issuer.jwk())


LOADED = load_key(key_of(IDP))
assert LOADED is not None


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_verifies_with_its_issuers_key_and_no_other(algorithm: str) -> None:
    issuer, stranger = FakeIssuer(algorithm=algorithm), FakeIssuer(algorithm=algorithm)
    key, other = load_key(key_of(issuer)), load_key(key_of(stranger))
    assert key is not None
    assert other is not None
    compact = parse_compact(issuer.mint())
    verify_signature(compact, key)
    with pytest.raises(Refusal) as caught:
        verify_signature(compact, other)
    assert caught.value.reason is Reason.TOKEN_SIGNATURE


@pytest.mark.parametrize(
    "signature",
    [b"\x00", b"\x00" * 64, b"\xff" * 64, b"\x30\x06\x02\x01\x01\x02\x01\x01", b"\x01" * 63],
    ids=["short", "zeros (CVE-2022-21449)", "beyond the order", "DER", "a byte short"],
)
def test_malformed_signatures_do_not_verify(signature: bytes) -> None:
    signed = IDP.mint().rpartition(".")[0]
    with pytest.raises(Refusal) as caught:
        verify_signature(parse_compact(f"{signed}.{b64url(signature)}"), LOADED)
    assert caught.value.reason is Reason.TOKEN_SIGNATURE


@pytest.mark.parametrize(
    ("algorithm", "jwk"),
    [
        pytest.param("HS256", {"kty": "oct", "k": "c2VjcmV0"}, id="a symmetric key"),
        pytest.param("ES256", {"kty": "oct", "k": "c2VjcmV0"}, id="a symmetric key under an asymmetric name"),
        pytest.param("RS256", IDP.jwk(), id="a key of another family"),
        pytest.param("ES384", IDP.jwk(), id="a key on another curve"),
        pytest.param("ES256", {}, id="an empty key"),
        pytest.param("ES256", {**IDP.jwk(), "x": "!!"}, id="a coordinate that is no base64url"),
        pytest.param("ES256", {**IDP.jwk(), "d": "AQAB"}, id="a private key"),
        pytest.param("none", {}, id="none"),
    ],
)
def test_a_record_that_is_no_public_key_of_its_algorithm_is_not_loaded(algorithm: str, jwk: dict[str, str]) -> None:
    assert load_key(Key(kid="k", algorithm=algorithm, jwk=jwk)) is None


def test_the_key_is_chosen_by_kid() -> None:
    assert choose_key(parse_compact(IDP.mint()), {"k0": LOADED, "k1": LOADED}) is LOADED


def test_a_single_key_serves_tokens_without_kid() -> None:
    assert choose_key(parse_compact(IDP.mint(header={"kid": None})), {"k1": LOADED}) is LOADED


@pytest.mark.parametrize(
    ("kid", "known", "reason"),
    [
        pytest.param("k2", ["k1"], Reason.TOKEN_KEY_UNKNOWN, id="another kid"),
        pytest.param("../../k1", ["k1"], Reason.TOKEN_KEY_UNKNOWN, id="a path for a kid"),
        pytest.param(None, ["k1", "k2"], Reason.TOKEN_KEY_UNKNOWN, id="no kid among several keys"),
        pytest.param(None, [], Reason.TOKEN_KEY_UNKNOWN, id="an issuer without keys"),
    ],
)
def test_a_token_without_a_known_key_is_refused(kid: str | None, known: list[str], reason: Reason) -> None:
    with pytest.raises(Refusal) as caught:
        choose_key(parse_compact(IDP.mint(header={"kid": kid})), dict.fromkeys(known, LOADED))
    assert caught.value.reason is reason


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "RS256", "ES384", "es256", ""])
def test_the_algorithm_is_the_keys_not_the_tokens(algorithm: str) -> None:
    with pytest.raises(Refusal) as caught:
        choose_key(parse_compact(IDP.mint(header={"alg": algorithm})), {"k1": LOADED})
    assert caught.value.reason is Reason.TOKEN_ALGORITHM
