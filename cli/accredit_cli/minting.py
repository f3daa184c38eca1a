"""Tokens for tests and the demo, signed with a local key. Production tokens come from an issuer, never from here."""

import base64
import hashlib
import json
import os
import pathlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import get_default_algorithms

from accredit_extauthz.contract.snapshot import Layout

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey

_CURVES: dict[str, type[ec.EllipticCurve]] = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}
_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
ALGORITHMS = (*_CURVES, *_RSA, "EdDSA")


class Unmintable(ValueError):
    """The key or the claims do not fit; the message says what to write."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with the algorithm it is used with. `kid` is its RFC 7638 thumbprint unless given."""

    private: PrivateKey
    algorithm: str
    kid: str

    def jwk(self) -> dict[str, str]:
        """Return the public key (RFC 7517), bound to its algorithm."""
        return {**_public_members(self.private, self.algorithm), "kid": self.kid, "alg": self.algorithm, "use": "sig"}

    def sign(self, claims: Mapping[str, object], token_type: str | None = "at+jwt") -> str:  # noqa: S107 -- a media type
        """Return a compact JWS (RFC 7515 §7.1). With `token_type` None the header has no `typ`."""
        return jwt.encode(
            dict(claims), self.private, algorithm=self.algorithm, headers={"kid": self.kid, "typ": token_type}
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a token is to say. `actors` runs root first; times are Unix seconds and seconds."""

    issuer: str
    subject: str
    audiences: tuple[str, ...]
    actors: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    layout: Layout = Layout.ACT_CLAIM
    lifetime_s: int = 600
    extra: Mapping[str, object] | None = None


def new_key(algorithm: str, kid: str | None = None) -> SigningKey:
    """Return a fresh key for a JWS algorithm. Raises Unmintable for one that is not asymmetric."""
    if algorithm in _CURVES:
        return _signing(ec.generate_private_key(_CURVES[algorithm]()), algorithm, kid)
    if algorithm in _RSA:
        return _signing(rsa.generate_private_key(public_exponent=65537, key_size=2048), algorithm, kid)
    if algorithm == "EdDSA":
        return _signing(ed25519.Ed25519PrivateKey.generate(), algorithm, kid)
    raise Unmintable(f"{algorithm!r} is no algorithm that an issuer may use; write one of {', '.join(ALGORITHMS)}")


def read_key(path: pathlib.Path, algorithm: str | None = None, kid: str | None = None) -> SigningKey:
    """Return the key in a PEM file. Raises Unmintable when it holds none, or one that does not fit `algorithm`."""
    try:
        private = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise Unmintable(f"{path} holds no unencrypted private key in PEM: {error}") from error
    fitting = _fitting(private)
    if algorithm is not None and algorithm not in fitting:
        raise Unmintable(f"the key in {path} signs with {' or '.join(fitting) or 'nothing usable'}, not {algorithm}")
    if not isinstance(private, PrivateKey) or not fitting:
        raise Unmintable(f"the key in {path} is neither RSA, Ed25519 nor on P-256, P-384 or P-521")
    return _signing(private, algorithm or fitting[0], kid)


def write_key(key: SigningKey, path: pathlib.Path) -> None:
    """Write the private key as PKCS #8 PEM, readable by its owner alone. Raises Unmintable when the file exists."""
    pem = key.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise Unmintable(f"{path} cannot be made: {error.strerror}") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)


def claims(wanted: Wanted, now: int) -> dict[str, object]:
    """Return the claims of a token issued at `now`. Raises Unmintable when the layout cannot say the chain."""
    audiences = wanted.audiences[0] if len(wanted.audiences) == 1 else list(wanted.audiences)
    built = {
        "iss": wanted.issuer,
        **_parties(wanted.layout, wanted.subject, wanted.actors),
        "aud": audiences,
        "iat": now,
        "exp": now + wanted.lifetime_s,
        "jti": str(uuid.uuid4()),
    }
    if wanted.scopes:
        built["scope"] = " ".join(wanted.scopes)
    return {name: value for name, value in {**built, **(wanted.extra or {})}.items() if value is not None}


def _parties(layout: Layout, user: str, actors: Sequence[str]) -> dict[str, object]:
    match layout, tuple(actors):
        case _, ():
            return {"sub": user}
        case Layout.ACT_CLAIM, chain:
            return {"sub": user, "act": _nested(chain)}
        case Layout.ACTOR_SUBJECT, (actor,):
            return {"sub": actor, "act": {"sub": user}}
        case Layout.CLIENT_ID, (actor,):
            return {"sub": user, "client_id": actor}
        case _:
            raise Unmintable(f"{layout} tokens name one actor, not {len(actors)}; only ActClaim carries a chain")


def _nested(chain: Sequence[str]) -> dict[str, object]:
    """Return `act`: the current actor outermost, the root innermost (RFC 8693 §4.1)."""
    built: dict[str, object] = {}
    for subject in chain:
        built = {"sub": subject, "act": built} if built else {"sub": subject}
    return built


def _signing(private: PrivateKey, algorithm: str, kid: str | None) -> SigningKey:
    return SigningKey(private, algorithm, kid or _thumbprint(_public_members(private, algorithm)))


def _fitting(private: object) -> tuple[str, ...]:
    if isinstance(private, rsa.RSAPrivateKey):
        return _RSA
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return ("EdDSA",)
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return tuple(name for name, curve in _CURVES.items() if isinstance(private.curve, curve))
    return ()


def _public_members(private: PrivateKey, algorithm: str) -> dict[str, str]:
    members = json.loads(get_default_algorithms()[algorithm].to_jwk(private.public_key()))
    return {name: value for name, value in members.items() if name in {"kty", "crv", "x", "y", "n", "e"}}


def _thumbprint(members: Mapping[str, str]) -> str:
    """Return the JWK thumbprint: base64url SHA-256 over the required members, sorted (RFC 7638 §3)."""
    canonical = json.dumps(members, sort_keys=True, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(hashlib.sha256(canonical).digest()).rstrip(b"=").decode()
