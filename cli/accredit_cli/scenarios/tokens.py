"""The tokens that scenarios present: well made by default, and broken in exactly the way a case asks for."""

import base64
import json
from collections.abc import Mapping

from jwt.algorithms import get_default_algorithms

from accredit_cli.minting import SigningKey
from accredit_cli.scenarios.form import Token
from accredit_cli.scenarios.keys import STRANGER, key_named
from accredit_cli.scenarios.layers import layered, pruned

_FALLBACK = "ES256"


class UnknownKey(ValueError):
    """The token is to be signed by a key that the scenario does not have."""


def token_text(token: Token, issuer: Mapping[str, object], keys: tuple[SigningKey, ...], at: int) -> str:
    """Return the compact JWS that a scenario describes. `issuer` is its TrustedIssuer's spec. Raises UnknownKey."""
    if token.raw is not None:
        return token.raw
    key = _signer(token, keys)
    header = {"alg": key.algorithm, "kid": key.kid, "typ": _type(issuer)}
    payload = token.claims_text
    if payload is None:
        payload = json.dumps(_claims(token, issuer, at))
    signed = f"{_encoded(json.dumps(_laid(header, token.header)).encode())}.{_encoded(payload.encode())}"
    signature = get_default_algorithms()[key.algorithm].sign(signed.encode(), key.private)
    return _tampered(token, signed, signature)


def _signer(token: Token, keys: tuple[SigningKey, ...]) -> SigningKey:
    first = keys[0] if keys else None
    if token.signed_by == STRANGER or first is None:
        # It carries the name of a key that the issuer has, so that only the signature is wrong.
        return key_named(STRANGER, first.kid if first else STRANGER, first.algorithm if first else _FALLBACK)
    found = next((key for key in keys if key.kid == token.signed_by), None)
    if found is None:
        raise UnknownKey(f"no key {token.signed_by}; write {', '.join(key.kid for key in keys)} or {STRANGER}")
    return found


def _claims(token: Token, issuer: Mapping[str, object], at: int) -> Mapping[str, object]:
    issued_at = at - token.age
    usual = {"iss": issuer.get("issuer"), "iat": issued_at, "exp": issued_at + token.lifetime, "jti": "t-1"}
    return _laid(usual, token.claims)


def _type(issuer: Mapping[str, object]) -> str | None:
    listed = issuer.get("tokenTypes")
    first = listed[0] if isinstance(listed, list) and listed else "at+jwt"
    return None if str(first).lower() == "none" else str(first)


def _laid(usual: Mapping[str, object], over: Mapping[str, object]) -> Mapping[str, object]:
    laid = layered(usual, over)
    assert isinstance(laid, Mapping)
    return pruned(laid)


def _tampered(token: Token, signed: str, signature: bytes) -> str:
    match token.tamper:
        case "signature":
            signature = bytes([signature[0] ^ 1, *signature[1:]])
        case "payload":
            header, _, payload = signed.partition(".")
            changed = _decoded(payload).removesuffix(b"}") + b', "tampered": true}'
            signed = f"{header}.{_encoded(changed)}"
        case None:
            pass
    return f"{signed}.{_encoded(signature)}"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
