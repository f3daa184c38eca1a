"""Signatures: which key, which algorithm, and whether it verifies. The token chooses neither (RFC 8725 §3.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import Algorithm, get_default_algorithms
from jwt.exceptions import InvalidKeyError

from accredit_extauthz.contract.shown import shown
from accredit_extauthz.contract.snapshot import Key
from accredit_extauthz.decide.token import Compact
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import refuse

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")

_CURVES = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}
_PRIMITIVES: dict[str, Algorithm] = {name: get_default_algorithms()[name] for name in ALGORITHMS}


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A loaded public key and the one algorithm it is for."""

    algorithm: str
    primitive: Algorithm
    public_key: Any  # whatever the primitive's from_jwk returned


def load_key(key: Key) -> VerificationKey | None:
    """Return a key ready to verify with, or None when the record holds no public key of its algorithm."""
    primitive = _PRIMITIVES.get(key.algorithm)
    if primitive is None:
        return None
    try:
        public_key: Any = primitive.from_jwk(dict(key.jwk))
    except (InvalidKeyError, ValueError, TypeError, KeyError):
        return None
    # PyJWT reads a curve from the JWK; the algorithm names it too, and both must agree (RFC 7518 §3.4).
    curve = _CURVES.get(key.algorithm)
    if not hasattr(public_key, "verify") or (curve is not None and not isinstance(public_key.curve, curve)):
        return None
    return VerificationKey(key.algorithm, primitive, public_key)


def choose_key(compact: Compact, keys: Mapping[str | None, VerificationKey]) -> VerificationKey:
    """Return the issuer's key that the token must verify with. Raises token_key_unknown, token_algorithm."""
    if compact.kid is None and len(keys) > 1:
        refuse(Reason.TOKEN_KEY_UNKNOWN, "the token has no `kid` and its issuer has several keys; set `kid`")
    key = next(iter(keys.values()), None) if compact.kid is None else keys.get(compact.kid)
    if key is None:
        refuse(Reason.TOKEN_KEY_UNKNOWN, f"the issuer has no key {shown(compact.kid or '')}; check its jwks")
    if compact.algorithm != key.algorithm:
        refuse(Reason.TOKEN_ALGORITHM, f"`alg` is {shown(compact.algorithm)}; the issuer's key is for {key.algorithm}")
    return key


def verify_signature(compact: Compact, key: VerificationKey) -> None:
    """Refuse a token that `key` did not sign. Raises token_signature."""
    if not key.primitive.verify(compact.signed, key.public_key, compact.signature):
        refuse(Reason.TOKEN_SIGNATURE, "the signature does not verify with the issuer's key")
