import pytest
from cryptography.hazmat.primitives.asymmetric import ed448, rsa

from accredit_operator.compile.jwks import ALGORITHMS, read_jwks
from fakes.issuer import FakeIssuer, b64url
from fakes.objects import JWK

FIELD = "spec.jwks.inline.keys"


def rsa_jwk(bits):
    numbers = rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key().public_numbers()
    modulus = numbers.n.to_bytes(bits // 8, "big")
    return {"kty": "RSA", "e": "AQAB", "n": b64url(modulus)}


RSA = FakeIssuer(algorithm="RS256").jwk()
WEAK_RSA = rsa_jwk(1024)
ROCA = {"kty": "RSA", "e": "AQAB", "n": b64url((65537**128).to_bytes(257, "big"))}


@pytest.mark.parametrize("algorithm", ["RS256", "PS384", "ES256", "ES384", "ES512", "EdDSA"])
def test_a_key_of_each_family_is_bound_to_its_algorithm(algorithm):
    jwk = FakeIssuer(algorithm=algorithm).jwk()
    (key,), problems = read_jwks([jwk], ALGORITHMS, FIELD)
    assert (key.kid, key.algorithm, problems) == ("k1", algorithm, ())


def test_ed448_is_an_eddsa_curve():
    public = ed448.Ed448PrivateKey.generate().public_key().public_bytes_raw()
    jwk = {"kty": "OKP", "crv": "Ed448", "x": b64url(public), "kid": "k1"}
    (key,), _ = read_jwks([jwk], ["EdDSA"], FIELD)
    assert key.algorithm == "EdDSA"


def test_only_public_members_are_copied():
    (key,), _ = read_jwks([JWK | {"x5c": ["..."], "note": "mine"}], ["ES256"], FIELD)
    assert set(key.jwk) == {"kty", "crv", "x", "y"}


def test_a_key_without_alg_takes_the_one_listed_algorithm_that_fits():
    unbound = {name: value for name, value in RSA.items() if name != "alg"}
    (key,), _ = read_jwks([unbound], ["PS256", "ES256"], FIELD)
    assert key.algorithm == "PS256"


def test_a_single_key_needs_no_kid():
    (key,), _ = read_jwks([{name: value for name, value in JWK.items() if name != "kid"}], ["ES256"], FIELD)
    assert key.kid is None


@pytest.mark.parametrize(
    ("change", "member"),
    [
        pytest.param({"d": "AA"}, "d", id="a private key"),
        pytest.param({"use": "enc"}, "use", id="a key for encryption"),
        pytest.param({"key_ops": ["sign"]}, "key_ops", id="a key that does not verify"),
        pytest.param({"key_ops": "verify"}, "key_ops", id="key_ops that is no list"),
        pytest.param({"kty": "oct", "k": "AA"}, "k", id="a shared secret"),
        pytest.param({"kty": "oct"}, "kty", id="a symmetric key type"),
        pytest.param({"kty": None}, "kty", id="no key type"),
        pytest.param({"crv": "secp256k1", "alg": "ES256K"}, "crv", id="a curve that is not named"),
        pytest.param({"crv": "P-384"}, "alg", id="an algorithm that does not fit the curve"),
        pytest.param({"alg": "none"}, "alg", id="no algorithm"),
        pytest.param({"alg": "HS256"}, "alg", id="an HMAC"),
        pytest.param({"x": None}, "x", id="a missing coordinate"),
        pytest.param({"x": JWK["y"]}, "kty", id="a point off the curve"),
        pytest.param({"y": "!!"}, "kty", id="a coordinate that is not base64url"),
        pytest.param({"kid": ""}, "kid", id="an empty kid"),
        pytest.param({"kid": 7}, "kid", id="a kid that is no text"),
    ],
)
def test_a_key_that_breaks_a_rule_is_left_out(change, member):
    keys, (problem,) = read_jwks([JWK | change], ["ES256", "ES384"], FIELD)
    assert (keys, problem.field) == ((), f"{FIELD}[0].{member}")


@pytest.mark.parametrize(
    ("jwk", "listed", "member"),
    [
        pytest.param(WEAK_RSA, ["RS256"], "n", id="a weak modulus"),
        pytest.param(ROCA, ["RS256"], "n", id="a crackable modulus"),
        pytest.param(WEAK_RSA | {"n": "A*B"}, ["RS256"], "n", id="a modulus that is not base64url"),
        pytest.param(WEAK_RSA | {"n": "é"}, ["RS256"], "n", id="a modulus beyond ASCII"),
        pytest.param(RSA, ["ES256"], "alg", id="an algorithm that is not listed"),
        pytest.param({**RSA, "alg": None}, ["RS256", "PS256"], "alg", id="two listed algorithms that fit"),
        pytest.param({**RSA, "alg": None}, ["ES256"], "alg", id="no listed algorithm that fits"),
    ],
)
def test_an_rsa_key_that_breaks_a_rule_is_left_out(jwk, listed, member):
    jwk = {name: value for name, value in jwk.items() if value is not None}
    keys, (problem,) = read_jwks([jwk], listed, FIELD)
    assert (keys, problem.field) == ((), f"{FIELD}[0].{member}")


def test_keys_that_share_a_kid_are_all_left_out_and_the_others_stay():
    other = FakeIssuer(kid="k2").jwk()
    keys, problems = read_jwks([JWK, JWK, other], ["ES256"], FIELD)
    assert [key.kid for key in keys] == ["k2"]
    assert [problem.field for problem in problems] == [f"{FIELD}[0].kid", f"{FIELD}[1].kid"]


def test_a_key_without_kid_is_left_out_of_a_set_of_several():
    unnamed = {name: value for name, value in FakeIssuer().jwk().items() if name != "kid"}
    keys, (problem,) = read_jwks([JWK, unnamed], ["ES256"], FIELD)
    assert [key.kid for key in keys] == ["k1"]
    assert problem.field == f"{FIELD}[1].kid"
