"""From an Authorization header to the parts of one compact JWS (RFC 6750 §2.1, RFC 7515 §7.1). Nothing is proved."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass

from accredit_extauthz.contract.strict_json import NotStrict, parse_object
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import refuse

MAX_TOKEN = 8192

_SCHEME = "bearer "
_PART = r"[A-Za-z0-9_-]+"
_COMPACT = re.compile(rf"{_PART}\.{_PART}\.{_PART}")
# Each would let the sender choose how, or with which key, the token is read (RFC 7515 §4.1, RFC 7797, RFC 8725).
_FORBIDDEN = ("crit", "b64", "jku", "x5u", "jwk", "x5c", "zip", "enc", "cty")


@dataclass(frozen=True, slots=True)
class Compact:
    """A well-formed token, unproved. `typ` is lower case without "application/", empty when absent."""

    algorithm: str
    kid: str | None
    typ: str
    claims: Mapping[str, object]
    signed: bytes  # header and payload as sent, the signature's input
    signature: bytes


def find_bearer(headers: Mapping[str, str]) -> str:
    """Return what stands behind `Bearer`, unread. Raises token_missing."""
    value = headers.get("authorization", "")
    if value[: len(_SCHEME)].lower() != _SCHEME:
        refuse(Reason.TOKEN_MISSING, "the request has no bearer token; send `Authorization: Bearer <token>`")
    return value[len(_SCHEME) :]


def parse_compact(token: str) -> Compact:
    """Return the parts of a compact JWS. Raises token_malformed."""
    if len(token) > MAX_TOKEN:
        refuse(Reason.TOKEN_MALFORMED, f"the token has {len(token)} characters; the limit is {MAX_TOKEN}")
    if _COMPACT.fullmatch(token) is None:
        refuse(Reason.TOKEN_MALFORMED, "the Authorization header does not hold exactly one compact JWS of three parts")
    signed, _, signature = token.rpartition(".")
    header_part, _, payload_part = signed.partition(".")
    header = _object("header", header_part)
    if present := [name for name in _FORBIDDEN if name in header]:
        refuse(Reason.TOKEN_MALFORMED, f"the token's header has `{present[0]}`, which is never followed")
    typ = _text(header, "typ") or ""
    return Compact(
        algorithm=_text(header, "alg") or "",
        kid=_text(header, "kid"),
        typ=typ.lower().removeprefix("application/"),
        claims=_object("payload", payload_part),
        signed=signed.encode("ascii"),
        signature=_decode("signature", signature),
    )


def _object(part: str, encoded: str) -> Mapping[str, object]:
    try:
        return parse_object(_decode(part, encoded))
    except NotStrict as error:
        refuse(Reason.TOKEN_MALFORMED, f"the token's {part} is not a strict JSON object: {error}")


def _decode(part: str, encoded: str) -> bytes:
    try:
        data = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except binascii.Error:
        refuse(Reason.TOKEN_MALFORMED, f"the token's {part} is not base64url")
    # Spare bits in the last character make several spellings of one value (RFC 4648 §3.5).
    if base64.urlsafe_b64encode(data).rstrip(b"=") != encoded.encode("ascii"):
        refuse(Reason.TOKEN_MALFORMED, f"the token's {part} is not canonical base64url")
    return data


def _text(header: Mapping[str, object], name: str) -> str | None:
    value = header.get(name)
    if name in header and not isinstance(value, str):
        refuse(Reason.TOKEN_MALFORMED, f"the token's header member `{name}` is not a string")
    return value if isinstance(value, str) else None
