import jwt
import pytest

from accredit_cli.scenarios.form import Token
from accredit_cli.scenarios.keys import issuer_keys, with_keys
from accredit_cli.scenarios.tokens import UnknownKey, token_text

NOW = 1_800_000_000
_SPEC = {"issuer": "https://idp.example", "algorithms": ["ES256"]}
_KEYS = issuer_keys("corp-idp", _SPEC, ("ES256", "EdDSA"))


def token(**said):
    return token_text(Token.model_validate({"issuer": "corp-idp", **said}), _SPEC, _KEYS, NOW)


def payload(text):
    return jwt.decode(text, options={"verify_signature": False})


def is_signed_by(key, text):
    try:
        jwt.api_jws.decode(text, jwt.PyJWK(key.jwk()), algorithms=[key.algorithm])
    except jwt.InvalidSignatureError:
        return False
    return True


def test_a_token_is_well_made_unless_it_says_otherwise():
    text = token(claims={"sub": "alice"})
    expected = {"iss": "https://idp.example", "iat": NOW - 10, "exp": NOW + 590, "jti": "t-1", "sub": "alice"}
    assert payload(text) == expected
    assert jwt.get_unverified_header(text) == {"alg": "ES256", "kid": "test-1", "typ": "at+jwt"}
    assert is_signed_by(_KEYS[0], text)


def test_age_and_lifetime_make_the_times():
    claims = payload(token(age="1h", lifetime="2m"))
    assert (claims["iat"], claims["exp"]) == (NOW - 3600, NOW - 3600 + 120)


def test_a_claim_that_is_written_replaces_and_a_null_removes():
    claims = payload(token(claims={"iat": 5, "jti": None, "act": {"sub": "a", "iss": None}}))
    assert (claims["iat"], "jti" in claims, claims["act"]) == (5, False, {"sub": "a"})


def test_a_header_member_that_is_null_is_left_out():
    assert jwt.get_unverified_header(token(header={"kid": None, "typ": None})) == {"alg": "ES256"}


def test_the_type_is_one_that_the_issuer_accepts():
    texts = [token_text(Token(issuer="x"), {**_SPEC, "tokenTypes": types}, _KEYS, NOW) for types in (["JWT"], ["None"])]
    assert [jwt.get_unverified_header(text).get("typ") for text in texts] == ["JWT", None]


def test_another_key_of_the_issuer_can_sign():
    assert is_signed_by(_KEYS[1], token(signedBy="test-2"))


def test_a_stranger_s_token_names_a_key_of_the_issuer():
    text = token(signedBy="stranger")
    assert jwt.get_unverified_header(text)["kid"] == "test-1"
    assert not is_signed_by(_KEYS[0], text)


def test_a_key_that_is_not_there_is_named():
    with pytest.raises(UnknownKey, match="test-7"):
        token(signedBy="test-7")


@pytest.mark.parametrize("part", ["signature", "payload"])
def test_what_is_tampered_with_no_longer_verifies(part):
    assert not is_signed_by(_KEYS[0], token(claims={"sub": "alice"}, tamper=part))


def test_a_tampered_payload_is_still_json():
    assert payload(token(claims={"sub": "alice"}, tamper="payload"))["sub"] == "alice"


def test_a_payload_can_be_any_text_and_a_token_too():
    assert (
        jwt.api_jws.decode_complete(token(claimsText="[1]"), options={"verify_signature": False})["payload"] == b"[1]"
    )
    assert token(raw="a.b") == "a.b"


def test_test_keys_take_the_place_of_the_issuers_own_and_denials_stay():
    manifest = {"kind": "TrustedIssuer", "spec": {**_SPEC, "jwks": {"source": "Discovery", "deniedKeyIDs": ["x"]}}}
    jwks = with_keys(manifest, _KEYS)["spec"]["jwks"]
    assert (jwks["source"], jwks["deniedKeyIDs"]) == ("Inline", ["x"])
    assert [key["kid"] for key in jwks["inline"]["keys"]] == ["test-1", "test-2"]
    assert all("d" not in key for key in jwks["inline"]["keys"])


def test_without_a_wish_there_is_one_key_of_the_issuer_s_first_algorithm():
    assert [key.algorithm for key in issuer_keys("x", {"algorithms": ["EdDSA", "ES256"]}, None)] == ["EdDSA"]
    assert [key.algorithm for key in issuer_keys("x", {"algorithms": ["HS256"]}, None)] == ["ES256"]
    assert issuer_keys("x", _SPEC, ()) == ()
