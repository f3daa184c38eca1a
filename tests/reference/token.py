"""A bearer token (api.md §2): shape, issuer, type, key, algorithm, signature, claims; then times and audience."""

import base64
import re
from dataclasses import dataclass
from typing import Any

from jwt.algorithms import get_default_algorithms

from accredit_extauthz.contract.snapshot import IssuerRecord, Key, PolicyBody, Snapshot
from accredit_extauthz.model.call import Call
from accredit_extauthz.model.reason import Reason
from reference import strict_json
from reference.text import ABSENT, claim, is_subject
from reference.verdict import Denied

MAX_TOKEN = 8192
FORBIDDEN = {"crit", "b64", "jku", "x5u", "jwk", "x5c", "zip", "enc", "cty"}
LINEAGE = ("jti", "parent_jti", "root_jti")
OF_OTHER_TOKENS = {"at_hash", "c_hash", "nonce", "events"}
_ALGORITHMS = get_default_algorithms()


@dataclass(frozen=True)
class Token:
    issuer: IssuerRecord
    header: dict[str, Any]
    claims: dict[str, Any]
    lineage: frozenset[str]


def unbase64(text: str) -> bytes:
    """Base64url without padding, canonical: it encodes back to itself."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text) or len(text) % 4 == 1:
        raise ValueError("no base64url")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode() != text:
        raise ValueError("not canonical")
    return data


def bearer(call: Call) -> str:
    """What follows the scheme Bearer and one space; any other Authorization carries no bearer token."""
    scheme, space, token = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not space:
        raise Denied(Reason.TOKEN_MISSING)
    return token


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    """Header, claims, the signed bytes, the signature."""
    pieces = token.split(".")
    if len(token) > MAX_TOKEN or len(pieces) != 3 or "" in pieces:
        raise Denied(Reason.TOKEN_MALFORMED)
    try:
        header, claims = (strict_json.parse(unbase64(piece)) for piece in pieces[:2])
        signature = unbase64(pieces[2])
    except ValueError:
        raise Denied(Reason.TOKEN_MALFORMED) from None
    if not isinstance(header, dict) or not isinstance(claims, dict) or FORBIDDEN & header.keys():
        raise Denied(Reason.TOKEN_MALFORMED)
    if not all(isinstance(header[name], str) for name in ("alg", "kid", "typ") if name in header):
        raise Denied(Reason.TOKEN_MALFORMED)
    return header, claims, f"{pieces[0]}.{pieces[1]}".encode(), signature


def issuer_of(claims: dict[str, Any], snapshot: Snapshot) -> IssuerRecord:
    for issuer in snapshot.issuers:
        if issuer.issuer == claims.get("iss") and issuer.usable:
            return issuer
    raise Denied(Reason.TOKEN_ISSUER)


def check_type(header: dict[str, Any], issuer: IssuerRecord) -> None:
    written = header.get("typ", "")
    if written.lower().removeprefix("application/") not in issuer.token_types:
        raise Denied(Reason.TOKEN_TYPE)


def key_of(header: dict[str, Any], issuer: IssuerRecord) -> Key:
    if "kid" in header:
        found = [key for key in issuer.keys if key.kid == header["kid"]]
    else:
        found = list(issuer.keys) if len(issuer.keys) == 1 else []
    if not found:
        raise Denied(Reason.TOKEN_KEY_UNKNOWN)
    return found[0]


def check_signature(header: dict[str, Any], key: Key, signed: bytes, signature: bytes) -> None:
    if header.get("alg") != key.algorithm:
        raise Denied(Reason.TOKEN_ALGORITHM)
    algorithm = _ALGORITHMS[key.algorithm]
    if not algorithm.verify(signed, algorithm.from_jwk(key.jwk), signature):
        raise Denied(Reason.TOKEN_SIGNATURE)


def is_time(value: Any) -> bool:
    return type(value) is int and 0 < value < 2**33


def audiences(claims: dict[str, Any]) -> list[Any]:
    aud = claims.get("aud")
    return aud if isinstance(aud, list) else [aud]


def holds_required(claims: dict[str, Any], issuer: IssuerRecord) -> bool:
    for required in issuer.required_claims:
        value = claim(claims, required.name)
        said = value if isinstance(value, list) else [value]
        if not any(isinstance(each, str) and each in required.values for each in said):
            return False
    return True


def is_confirmation(value: Any) -> bool:
    """Absent, or x5t#S256 and nothing beside it."""
    if value is ABSENT:
        return True
    return isinstance(value, dict) and set(value) == {"x5t#S256"} and is_text(value["x5t#S256"])


def is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def check_claims(claims: dict[str, Any], issuer: IssuerRecord) -> None:
    texts = [claims.get("sub"), *audiences(claims)]
    texts += [claims[name] for name in LINEAGE if name in claims]
    times = [claims.get("iat"), claims.get("exp"), *([claims["nbf"]] if "nbf" in claims else [])]
    if not all(is_subject(text) for text in texts) or not all(is_time(value) for value in times):
        raise Denied(Reason.TOKEN_CLAIMS)
    if not audiences(claims) or len(set(audiences(claims))) != len(audiences(claims)):
        raise Denied(Reason.TOKEN_CLAIMS)
    if claims["exp"] <= claims["iat"] or not is_confirmation(claims.get("cnf", ABSENT)):
        raise Denied(Reason.TOKEN_CLAIMS)
    if not holds_required(claims, issuer):
        raise Denied(Reason.TOKEN_CLAIMS)
    if {"jwt", ""} & set(issuer.token_types) and OF_OTHER_TOKENS & claims.keys():
        raise Denied(Reason.TOKEN_CLAIMS)


def authentic(call: Call, snapshot: Snapshot) -> Token:
    header, claims, signed, signature = parts(bearer(call))
    issuer = issuer_of(claims, snapshot)
    check_type(header, issuer)
    check_signature(header, key_of(header, issuer), signed, signature)
    check_claims(claims, issuer)
    return Token(
        issuer=issuer,
        header=header,
        claims=claims,
        lineage=frozenset(claims[name] for name in LINEAGE if name in claims),
    )


def check_times(token: Token, now: int) -> None:
    claims, skew = token.claims, token.issuer.clock_skew_s
    if now >= claims["exp"] + skew:
        raise Denied(Reason.TOKEN_EXPIRED)
    if claims["iat"] > now + skew or claims.get("nbf", 0) > now + skew:
        raise Denied(Reason.TOKEN_NOT_YET_VALID)
    if claims["exp"] - claims["iat"] > token.issuer.max_token_lifetime_s:
        raise Denied(Reason.TOKEN_LIFETIME)


def check_here(token: Token, body: PolicyBody, certificate: str) -> None:
    """For this policy: its issuers, its audience, and the certificate the token is bound to."""
    if token.issuer.name not in body.issuers:
        raise Denied(Reason.TOKEN_ISSUER)
    ours = [audience for audience in audiences(token.claims) if audience in body.audiences]
    others = [audience for audience in audiences(token.claims) if audience not in body.audiences]
    if len(ours) != 1 or not all(audience in token.issuer.companion_audiences for audience in others):
        raise Denied(Reason.TOKEN_AUDIENCE)
    if "cnf" in token.claims and token.claims["cnf"]["x5t#S256"] != certificate:
        raise Denied(Reason.TOKEN_CLAIMS)
