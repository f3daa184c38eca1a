import json
from typing import Any

import pytest

from accredit_extauthz.decide.token import MAX_TOKEN, Compact, find_bearer, parse_compact
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import Refusal
from fakes.issuer import b64url
from fakes.scene import IDP


def parse_bearer(headers: dict[str, str]) -> Compact:
    return parse_compact(find_bearer(headers))


def token(header: bytes | None = None, payload: bytes | None = None) -> str:
    return IDP.sign(header or b'{"alg":"ES256","typ":"at+jwt","kid":"k1"}', payload or b'{"iss":"x"}')


def headed(**members: Any) -> str:
    return token(json.dumps({"alg": "ES256", "kid": "k1"} | members).encode())


def refusal_of(text: str) -> Reason:
    with pytest.raises(Refusal) as caught:
        parse_bearer({"authorization": text})
    return caught.value.reason


@pytest.mark.parametrize("header", [None, "", "Basic dTpw", "Bearer", "bearer", "Bearertoken"])
def test_a_request_without_a_bearer_is_told_so(header: str | None) -> None:
    with pytest.raises(Refusal) as caught:
        parse_bearer({} if header is None else {"authorization": header})
    assert caught.value.reason is Reason.TOKEN_MISSING
    assert "`Authorization: Bearer <token>`" in caught.value.message


GOOD = token()
HEAD, BODY, SIGNATURE = GOOD.split(".")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(f"{GOOD},Bearer {GOOD}", id="two headers joined by Envoy"),
        pytest.param(f" {GOOD}", id="two spaces"),
        pytest.param(f"{GOOD} ", id="a trailing space"),
        pytest.param(f"{HEAD}.{BODY}", id="two parts"),
        pytest.param(f"{HEAD}.{BODY}.", id="no signature"),
        pytest.param(f"{HEAD}..{SIGNATURE}", id="a detached payload"),
        pytest.param(f"{GOOD}.a.b", id="five parts, as a JWE"),
        pytest.param(f"{HEAD}=.{BODY}.{SIGNATURE}", id="padding"),
        pytest.param(f"{HEAD}.{BODY}+.{SIGNATURE}", id="standard base64"),
        pytest.param(f"{HEAD}.{BODY}\n.{SIGNATURE}", id="a line feed"),
        pytest.param(f"A.{BODY}.{SIGNATURE}", id="an impossible length"),
        pytest.param(f"{HEAD}.{b64url(b'{}')[:-1]}1.{SIGNATURE}", id="spare bits that are set"),
        pytest.param("a" * MAX_TOKEN + f".{BODY}.{SIGNATURE}", id="too long"),
        pytest.param(token(b"[]"), id="a header that is no object"),
        pytest.param(token(b'{"alg":"ES256","alg":"none"}'), id="a header member twice"),
        pytest.param(token(payload=b'{"sub":"a","sub":"b"}'), id="a claim twice"),
        pytest.param(token(payload=b'{"x":{"sub":"a","s\\u0075b":"b"}}'), id="a claim twice, deep inside, escaped"),
        pytest.param(token(payload=b'{"exp":NaN}'), id="NaN"),
        pytest.param(token(payload='{"sub":"a"}'.encode("utf-16")), id="UTF-16"),
        pytest.param(token(payload=b'"a"'), id="claims that are no object"),
        pytest.param(token(payload=b'{"act":' * 900 + b"{}" + b"}" * 900), id="act 900 deep"),
        pytest.param(headed(alg=None), id="alg null"),
        pytest.param(headed(kid=7), id="a numeric kid"),
        pytest.param(headed(typ=["JWT"]), id="typ an array"),
        *[
            pytest.param(headed(**{name: value}), id=f"header member {name}")
            for name, value in {
                "crit": ["exp"],
                "b64": False,
                "jku": "https://evil.example",
                "x5u": "https://evil.example",
                "jwk": {},
                "x5c": [],
                "zip": "DEF",
                "enc": "A128GCM",
                "cty": "JWT",
            }.items()
        ],
    ],
)
def test_what_is_not_one_strict_compact_jws_is_malformed(text: str) -> None:
    assert refusal_of(f"Bearer {text}") is Reason.TOKEN_MALFORMED


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_compared_without_case(scheme: str) -> None:
    assert parse_bearer({"authorization": f"{scheme} {GOOD}"}).claims == {"iss": "x"}


@pytest.mark.parametrize(
    ("typ", "normal"),
    [("at+jwt", "at+jwt"), ("AT+JWT", "at+jwt"), ("application/at+jwt", "at+jwt"), ("Application/AT+jwt", "at+jwt")],
)
def test_the_type_is_normalised(typ: str, normal: str) -> None:
    assert parse_compact(headed(typ=typ)).typ == normal


def test_header_members_may_be_absent() -> None:
    compact = parse_compact(token(b"{}"))
    assert (compact.algorithm, compact.kid, compact.typ) == ("", None, "")


def test_the_parts_are_given_as_sent() -> None:
    compact = parse_compact(GOOD)
    assert compact.signed == f"{HEAD}.{BODY}".encode()
    assert b64url(compact.signature) == SIGNATURE


def test_a_part_may_be_any_bytes_and_end_in_any_character() -> None:
    for data in (bytes([*first, last]) for first in (b"", b"a", b"ab") for last in range(256)):
        assert parse_compact(f"{HEAD}.{BODY}.{b64url(data)}").signature == data


@pytest.mark.parametrize(
    ("parts", "named"),
    [
        pytest.param(("A", BODY, SIGNATURE), "token's header", id="header"),
        pytest.param((HEAD, "A", SIGNATURE), "token's payload", id="payload"),
        pytest.param((HEAD, BODY, "A"), "token's signature", id="signature"),
        pytest.param((b64url(b"[]"), BODY, SIGNATURE), "token's header", id="a header that is no object"),
        pytest.param((HEAD, b64url(b"[]"), SIGNATURE), "token's payload", id="a payload that is no object"),
    ],
)
def test_a_refusal_names_the_part_that_is_malformed(parts: tuple[str, ...], named: str) -> None:
    with pytest.raises(Refusal) as caught:
        parse_compact(".".join(parts))
    assert named in caught.value.message


def test_a_token_has_at_most_8192_characters() -> None:
    rest = 8192 - len(f"{HEAD}.{BODY}.")
    assert parse_compact(f"{HEAD}.{BODY}.{'A' * rest}").kid == "k1"
    with pytest.raises(Refusal) as caught:
        parse_compact(f"{HEAD}.{BODY}.{'A' * (rest + 1)}")
    assert caught.value.reason is Reason.TOKEN_MALFORMED
    assert "8193" in caught.value.message
