"""A bearer token (api.md §2): shape, issuer, type, key, algorithm, signature, claims; then times and audience."""

import base64
import re
from dataclasses import dataclass
from typing import Any

from jwt.algorithms import get_default_algorithms

from accredit_extauthz.contract.snapshot import IssuerRecord, Key, Layout, PolicyBody, Snapshot
from accredit_extauthz.model.call import Call
from accredit_extauthz.model.reason import Reason
from reference import strict_json
from reference.text import claim, is_scope, is_subject
from reference.verdict import Denied

MAX_TOKEN = 8192
FORBIDDEN = {"crit", "b64", "jku", "x5u", "jwk", "x5c", "zip", "enc", "cty"}
OF_OTHER_TOKENS = {"at_hash", "c_hash", "nonce", "events"}
_ALGORITHMS = get_default_algorithms()


@dataclass(frozen=True)
class Token:
    issuer: IssuerRecord
    header: dict[str, Any]
    claims: dict[str, Any]
    scopes: frozenset[str]
    client: str | None
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
    header = call.headers.get("authorization")
    if header is None:
        raise Denied(Reason.TOKEN_MISSING)
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise Denied(Reason.TOKEN_MALFORMED)
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
    return header, claims, f"{pieces[0]}.{pieces[1]}".encode(), signature


def issuer_of(claims: dict[str, Any], snapshot: Snapshot) -> IssuerRecord:
    for issuer in snapshot.issuers:
        if issuer.issuer == claims.get("iss") and issuer.usable:
            return issuer
    raise Denied(Reason.TOKEN_ISSUER)


def check_type(header: dict[str, Any], issuer: IssuerRecord) -> None:
    written = header.get("typ", "")
    if not isinstance(written, str):
        raise Denied(Reason.TOKEN_TYPE)
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


def scopes_of(value: Any) -> frozenset[str]:
    """A space-delimited string, or an array of strings. Absent: none."""
    if value is None:
        return frozenset()
    words = [word for word in value.split(" ") if word] if isinstance(value, str) else value
    if not isinstance(words, list) or not all(is_scope(word) for word in words):
        raise Denied(Reason.TOKEN_CLAIMS)
    return frozenset(words)


def holds_required(claims: dict[str, Any], issuer: IssuerRecord) -> bool:
    for required in issuer.required_claims:
        value = claim(claims, required.name)
        said = value if isinstance(value, list) else [value]
        if not any(isinstance(each, str) and each in required.values for each in said):
            return False
    return True


def check_claims(claims: dict[str, Any], issuer: IssuerRecord) -> None:
    texts = [claims.get("sub"), *audiences(claims)]
    optional = [claims[name] for name in ("jti", "parent_jti", "root_jti") if name in claims]
    times = [claims.get("iat"), claims.get("exp"), *([claims["nbf"]] if "nbf" in claims else [])]
    if not audiences(claims) or not all(isinstance(text, str) and text for text in texts + optional):
        raise Denied(Reason.TOKEN_CLAIMS)
    if not is_subject(claims["sub"]) or not all(is_time(value) for value in times):
        raise Denied(Reason.TOKEN_CLAIMS)
    if not holds_required(claims, issuer):
        raise Denied(Reason.TOKEN_CLAIMS)
    if {"jwt", ""} & set(issuer.token_types) and OF_OTHER_TOKENS & claims.keys():
        raise Denied(Reason.TOKEN_CLAIMS)


def client_of(claims: dict[str, Any], issuer: IssuerRecord) -> str | None:
    value = claim(claims, issuer.claims.client)
    if value is not None and not is_subject(value):
        raise Denied(Reason.TOKEN_CLAIMS)
    if value is None and issuer.claims.layout is Layout.CLIENT_ID:
        raise Denied(Reason.TOKEN_CLAIMS)
    return value


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
        scopes=scopes_of(claim(claims, issuer.claims.scopes)),
        client=client_of(claims, issuer),
        lineage=frozenset(claims[name] for name in ("jti", "parent_jti", "root_jti") if name in claims),
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
    if "cnf" in token.claims:
        confirmation = token.claims["cnf"]
        if not isinstance(confirmation, dict) or set(confirmation) != {"x5t#S256"}:
            raise Denied(Reason.TOKEN_CLAIMS)
        if not certificate or confirmation["x5t#S256"] != certificate:
            raise Denied(Reason.TOKEN_CLAIMS)
