import hashlib
from typing import Any

import msgspec
import pytest

from accredit_extauthz.contract.snapshot import RequiredClaim
from accredit_extauthz.decide.claims import check_audience, check_confirmation, check_times, read_claims
from accredit_extauthz.decide.token import parse_compact
from accredit_extauthz.model.delegation import SignedClaims
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import Refusal
from fakes.issuer import NOW, b64url
from fakes.scene import IDP, issuer_record

RECORD = issuer_record(companion_audiences=("userinfo",))
UNTYPED = issuer_record(
    token_types=("jwt", ""), required_claims=(RequiredClaim(name="token_use", values=("access", "app")),)
)


def signed(record: Any = RECORD, **changes: Any) -> SignedClaims:
    return read_claims(parse_compact(IDP.mint(IDP.claims(**changes))), record)


BAD_TEXT = ["", 7, ["a"], {"a": 1}, True, "a\nb", "a\u202eb", "x" * 257, "a\ud800"]
BAD_TIME = ["1", 1.5, True, 0, -1, 2**33, 10**30, [1]]


@pytest.mark.parametrize(
    "changes",
    [
        *[pytest.param({"sub": value}, id=f"sub {value!r:.20}") for value in (*BAD_TEXT, None)],
        *[pytest.param({"jti": value}, id=f"jti {value!r:.20}") for value in BAD_TEXT],
        *[pytest.param({"root_jti": value}, id=f"root_jti {value!r:.20}") for value in BAD_TEXT],
        *[pytest.param({"exp": value}, id=f"exp {value!r:.20}") for value in (*BAD_TIME, None)],
        *[pytest.param({"iat": value}, id=f"iat {value!r:.20}") for value in (*BAD_TIME, None)],
        *[pytest.param({"nbf": value}, id=f"nbf {value!r:.20}") for value in BAD_TIME],
        pytest.param({"exp": NOW, "iat": NOW}, id="exp at iat"),
        pytest.param({"exp": NOW - 1, "iat": NOW}, id="exp before iat"),
        *[
            pytest.param({"aud": value}, id=f"aud {value!r:.20}")
            for value in (None, [], "", ["a", "a"], ["a", 1], 7, {"a": 1}, ["a\u200b"])
        ],
        *[
            pytest.param({"cnf": value}, id=f"cnf {value!r:.30}")
            for value in ({"jkt": "x"}, {}, "x", {"x5t#S256": ""}, {"x5t#S256": 1}, {"x5t#S256": "x", "jkt": "y"}, [])
        ],
    ],
)
def test_a_claim_of_the_wrong_shape_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as caught:
        signed(**changes)
    assert caught.value.reason is Reason.TOKEN_CLAIMS


def test_a_null_claim_is_not_an_absent_one() -> None:
    for name in ("nbf", "jti", "cnf"):
        claims = IDP.claims() | {name: None}
        with pytest.raises(Refusal):
            read_claims(parse_compact(IDP.mint(claims)), RECORD)


def test_good_claims_are_given_as_values() -> None:
    claims = signed(nbf=NOW - 5, root_jti="r", parent_jti="p", aud=["a", "b"], cnf={"x5t#S256": "thumb"})
    assert claims.issuer == IDP.issuer
    assert (claims.issued_at, claims.expires_at, claims.not_before) == (NOW - 10, NOW + 600, NOW - 5)
    assert claims.audiences == ("a", "b")
    assert claims.token_id == "t-1"
    assert sorted(claims.lineage) == ["p", "r", "t-1"]
    assert claims.confirmation == "thumb"


def test_the_bounds_of_claims_are_good_themselves() -> None:
    assert signed(sub="x" * 256, jti="y").claims["sub"] == "x" * 256
    claims = signed(iat=1, exp=2**33 - 1, nbf=1, jti="z" * 256, aud="w" * 256)
    assert (claims.issued_at, claims.expires_at, claims.not_before) == (1, 2**33 - 1, 1)
    assert (claims.token_id, claims.audiences) == ("z" * 256, ("w" * 256,))


def test_claims_that_may_be_absent_are_none() -> None:
    claims = signed(jti=None)
    assert (claims.token_id, claims.lineage, claims.not_before, claims.confirmation) == (None, (), None, None)


def test_the_thumbprint_is_the_digest_of_what_was_signed() -> None:
    for number in range(8):
        compact = parse_compact(IDP.mint(IDP.claims(jti=f"t-{number}")))
        assert read_claims(compact, RECORD).thumbprint == b64url(hashlib.sha256(compact.signed).digest())


def test_a_malleated_signature_has_the_same_thumbprint() -> None:
    token = IDP.mint()
    head, _, signature = token.rpartition(".")
    twin = f"{head}.{'A' * len(signature)}"
    prints = {read_claims(parse_compact(text), RECORD).thumbprint for text in (token, twin)}
    assert len(prints) == 1


@pytest.mark.parametrize("mark", ["at_hash", "c_hash", "nonce", "events"])
def test_id_and_logout_tokens_are_refused_where_types_cannot_tell(mark: str) -> None:
    with pytest.raises(Refusal) as caught:
        signed(UNTYPED, token_use="access", **{mark: "x"})
    assert caught.value.reason is Reason.TOKEN_CLAIMS
    assert signed(RECORD, **{mark: "x"}).token_id == "t-1"


@pytest.mark.parametrize("types", [("jwt",), ("",), ("at+jwt", "jwt")], ids=["jwt", "none", "jwt among others"])
def test_every_type_that_says_too_little_is_one(types: tuple[str, ...]) -> None:
    with pytest.raises(Refusal) as caught:
        signed(msgspec.structs.replace(UNTYPED, token_types=types), token_use="access", nonce="x")
    assert caught.value.reason is Reason.TOKEN_CLAIMS


@pytest.mark.parametrize(
    ("value", "accepted"),
    [("access", True), (["id", "access"], True), ("id", False), (None, False), ([], False), (1, False), ([1], False)],
)
def test_a_required_claim_has_one_of_its_values(value: object, accepted: bool) -> None:
    if accepted:
        assert signed(UNTYPED, token_use=value).token_id == "t-1"
    else:
        with pytest.raises(Refusal) as caught:
            signed(UNTYPED, token_use=value)
        assert caught.value.reason is Reason.TOKEN_CLAIMS
        assert caught.value.message == "claim `token_use` is not one of access, app"


SKEW = RECORD.clock_skew_s


@pytest.mark.parametrize(
    ("changes", "now", "reason"),
    [
        pytest.param({"exp": NOW}, NOW + SKEW, Reason.TOKEN_EXPIRED, id="at expiry plus skew"),
        pytest.param({"exp": NOW}, NOW + SKEW - 1, None, id="a second before"),
        pytest.param({"iat": NOW + SKEW + 1}, NOW, Reason.TOKEN_NOT_YET_VALID, id="issued beyond the skew ahead"),
        pytest.param({"iat": NOW + SKEW}, NOW, None, id="issued at the skew ahead"),
        pytest.param({"nbf": NOW + SKEW + 1}, NOW, Reason.TOKEN_NOT_YET_VALID, id="nbf beyond the skew ahead"),
        pytest.param({"nbf": NOW + SKEW}, NOW, None, id="nbf at the skew ahead"),
        pytest.param({"iat": NOW - 1, "exp": NOW + 3600}, NOW, Reason.TOKEN_LIFETIME, id="a second too long a life"),
        pytest.param({"iat": NOW, "exp": NOW + 3600}, NOW, None, id="the longest life"),
        pytest.param({"iat": NOW - 9000, "exp": NOW - 10}, NOW, Reason.TOKEN_EXPIRED, id="expired before too long"),
    ],
)
def test_a_token_is_good_in_its_life_only(changes: dict[str, Any], now: int, reason: Reason | None) -> None:
    claims = signed(**changes)
    if reason is None:
        check_times(claims, RECORD, now)
    else:
        with pytest.raises(Refusal) as caught:
            check_times(claims, RECORD, now)
        assert caught.value.reason is reason


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param({"iat": NOW - 99, "exp": NOW - 60}, "expired 60 s ago", id="expired"),
        pytest.param({"nbf": NOW + 60}, "starts in 60 s", id="not yet valid"),
        pytest.param({"iat": NOW, "exp": NOW + 9000}, "lives 9000 s", id="too long a life"),
    ],
)
def test_a_refusal_says_how_far_the_time_is_off(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(Refusal) as caught:
        check_times(signed(**changes), RECORD, NOW)
    assert told in caught.value.message


@pytest.mark.parametrize(
    ("audiences", "accepted"),
    [
        pytest.param("us", True, id="ours alone"),
        pytest.param(["us", "userinfo"], True, id="ours and a companion"),
        pytest.param(["userinfo", "us"], True, id="in any order"),
        pytest.param("them", False, id="another service"),
        pytest.param(["us", "them"], False, id="ours and another service"),
        pytest.param("userinfo", False, id="a companion alone"),
        pytest.param(["us", "us2"], False, id="two of ours"),
        pytest.param("US", False, id="another case"),
        pytest.param("us/", False, id="a trailing slash"),
    ],
)
def test_exactly_one_audience_is_ours(audiences: object, accepted: bool) -> None:
    claims = signed(aud=audiences)
    if accepted:
        check_audience(claims, RECORD, ("us", "us2"))
    else:
        with pytest.raises(Refusal) as caught:
            check_audience(claims, RECORD, ("us", "us2"))
        assert caught.value.reason is Reason.TOKEN_AUDIENCE
        assert ("us, us2" in caught.value.message) is (audiences != ["us", "them"])


def test_a_bound_token_needs_its_certificate() -> None:
    bound = signed(cnf={"x5t#S256": "thumb"})
    check_confirmation(bound, "thumb")
    check_confirmation(signed(), "any")
    for certificate in ("", "other"):
        with pytest.raises(Refusal) as caught:
            check_confirmation(bound, certificate)
        assert caught.value.reason is Reason.TOKEN_CLAIMS
