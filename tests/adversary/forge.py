"""A forger's bench: an issuer's own key, and every part of a token within reach."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jwt.algorithms import get_default_algorithms

from fakes.issuer import NOW, FakeIssuer, b64url

_SIGNERS = get_default_algorithms()


@dataclass(frozen=True)
class Forge:
    """Signs whatever it is given with one key. `now`: Unix seconds."""

    private: Any
    algorithm: str = "ES256"
    kid: str = "k1"
    issuer: str = "https://idp.example"
    audience: str = "https://crm.example"
    now: int = NOW

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Alice's token through one agent; a change to `...` leaves the claim out, None makes it null."""
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "sub": "alice",
            "aud": self.audience,
            "iat": self.now - 10,
            "exp": self.now + 600,
            "jti": "t-1",
            "client_id": "assistant",
            "groups": ["sales"],
            "scope": "tool:crm:read",
            "act": {"sub": "agent:planner"},
        } | changes
        return {name: value for name, value in claims.items() if value is not ...}

    def header(self, **changes: Any) -> dict[str, Any]:
        """The header of an honest token, changed in the same way."""
        header = {"alg": self.algorithm, "kid": self.kid, "typ": "at+jwt"} | changes
        return {name: value for name, value in header.items() if value is not ...}

    def sign(self, header: bytes, payload: bytes) -> str:
        """A token of exactly these bytes."""
        return self.seal(b64url(header), b64url(payload))

    def seal(self, header: str, payload: str) -> str:
        """A token of these two parts, as they are."""
        signed = f"{header}.{payload}"
        return f"{signed}.{b64url(_SIGNERS[self.algorithm].sign(signed.encode(), self.private))}"

    def token(self, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
        """An honest token but for these changes."""
        return self.sign(json.dumps(self.header(**(header or {}))).encode(), json.dumps(self.claims(**claims)).encode())

    def raw(self, claims: str) -> str:
        """A token whose payload is an honest one with `claims`, members as JSON text, put before its own."""
        own = json.dumps(self.claims()).encode()
        return self.sign(json.dumps(self.header()).encode(), b"{" + claims.encode() + b"," + own[1:])


def forge_of(owner: FakeIssuer, **changes: Any) -> Forge:
    """The forge of a fake issuer's key."""
    return Forge(owner._private, **({"algorithm": owner.algorithm, "kid": owner.kid, "issuer": owner.issuer} | changes))
