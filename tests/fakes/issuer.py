"""An issuer with real keys: mints the tokens that tests present."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from jwt.algorithms import get_default_algorithms

NOW = 1_800_000_000  # the instant of every test, Unix seconds

_CURVES = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}


def private_key(algorithm: str) -> Any:
    """A fresh private key that fits a JWS algorithm."""
    if algorithm in _CURVES:
        return ec.generate_private_key(_CURVES[algorithm]())
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm == "Ed448":
        return ed448.Ed448PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class FakeIssuer:
    """One issuer with one signing key."""

    def __init__(self, issuer: str = "https://idp.example", algorithm: str = "ES256", kid: str = "k1") -> None:
        self.issuer = issuer
        self.algorithm = algorithm
        self.kid = kid
        self._private = private_key(algorithm)
        self._signer = get_default_algorithms()[algorithm]

    def jwk(self) -> dict[str, str]:
        """The public key as a JWK with kid, alg and use."""
        members = json.loads(self._signer.to_jwk(self._private.public_key()))
        members.pop("key_ops", None)
        return {**members, "kid": self.kid, "alg": self.algorithm, "use": "sig"}

    def claims(self, **changes: Any) -> dict[str, Any]:
        """A user's token through one agent, valid at NOW; a change to None leaves the claim out."""
        claims = {
            "iss": self.issuer,
            "sub": "alice",
            "aud": "https://crm.example",
            "iat": NOW - 10,
            "exp": NOW + 600,
            "jti": "t-1",
            "client_id": "assistant",
            "scope": "tool:crm:read",
            "act": {"sub": "agent:planner"},
        } | changes
        return {name: value for name, value in claims.items() if value is not None}

    def mint(self, claims: Mapping[str, Any] | None = None, header: Mapping[str, Any] | None = None) -> str:
        """A signed token. A header member that is None is left out."""
        wanted = {"alg": self.algorithm, "kid": self.kid, "typ": "at+jwt"} | dict(header or {})
        members = {name: value for name, value in wanted.items() if value is not None}
        return self.sign(json.dumps(members).encode(), json.dumps(self.claims() if claims is None else claims).encode())

    def sign(self, header: bytes, payload: bytes) -> str:
        """A token of exactly these bytes, signed."""
        signed = f"{b64url(header)}.{b64url(payload)}"
        return f"{signed}.{b64url(self._signer.sign(signed.encode(), self._private))}"
