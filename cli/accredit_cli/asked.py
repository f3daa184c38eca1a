"""A request and a token as they are written on the command line, for `accredit explain`."""

import json
from dataclasses import dataclass
from pathlib import Path

import msgspec

from accredit_cli.minting import new_key
from accredit_cli.scenarios.form import Message, Request
from accredit_extauthz.contract.snapshot import IssuerRecord, Key, Snapshot
from accredit_extauthz.decide.mcp import NAME_PARAMETERS

_ALGORITHM = "ES256"
_LIFETIME_S = 600


class Unaskable(ValueError):
    """The request or the claims cannot be read; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A token of some claims, and the snapshot in which it verifies."""

    token: str
    snapshot: Snapshot


def read_request(text: str, headers: dict[str, str | None]) -> Request:
    """Return the request in `METHOD HOST/PATH [MCP-METHOD [NAME]]`. Raises Unaskable."""
    words = text.split(maxsplit=3)
    if len(words) < 2:  # noqa: PLR2004 -- method and address
        raise Unaskable(
            f"{text!r} is no request; write it as `GET crm.example/v1/contacts`"
            " or `POST mcp.example/mcp tools/call contacts.search`"
        )
    method, address, *mcp = words
    host, slash, path = address.partition("/")
    message = _message(*mcp) if mcp else None
    return Request(method=method, host=host, path=f"/{path}" if slash else "/", headers=headers, mcp=message)


def _message(method: str, name: str | None = None) -> Message:
    parameter = NAME_PARAMETERS.get(method)
    if parameter is None:
        if name is not None:
            raise Unaskable(f"{method} names nothing, so {name!r} has no place; leave it out")
        return Message(method=method)
    if name is None:
        raise Unaskable(f"{method} needs the {parameter} of what it names; write it after the method")
    return Message(method=method, params={parameter: name})


def read_claims(text: str) -> dict[str, object]:
    """Return the claims in a JSON object, or in a file of that name. Raises Unaskable."""
    try:
        claims = json.loads(text if text.lstrip().startswith("{") else Path(text).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Unaskable(f"the claims cannot be read: {error}") from error
    if not isinstance(claims, dict):
        raise Unaskable("the claims are no JSON object")
    return claims


def sign(claims: dict[str, object], snapshot: Snapshot, now: int) -> Signed:
    """Return a token of these claims, and a snapshot whose issuer has the key that signed it, and no other.

    The key is made here and thrown away, and the snapshot goes nowhere: the server has no way to skip a signature.
    Without `iat` and `exp` the token was issued at `now`. Raises Unaskable when the claims name no issuer.
    """
    issuer = _issuer(claims, snapshot)
    key = new_key(_ALGORITHM)
    record = msgspec.structs.replace(issuer, keys=(_public(key.jwk()),))
    others = tuple(each for each in snapshot.issuers if each is not issuer)
    token_type = issuer.token_types[0] if issuer.token_types else ""
    whole = {"iss": issuer.issuer, "iat": now, "exp": now + min(_LIFETIME_S, issuer.max_token_lifetime_s), **claims}
    return Signed(key.sign(whole, token_type or None), msgspec.structs.replace(snapshot, issuers=(*others, record)))


def _public(jwk: dict[str, str]) -> Key:
    members = {name: value for name, value in jwk.items() if name in {"kty", "crv", "x", "y"}}
    return Key(kid=jwk["kid"], algorithm=_ALGORITHM, jwk=members)


def _issuer(claims: dict[str, object], snapshot: Snapshot) -> IssuerRecord:
    if "iss" not in claims and len(snapshot.issuers) == 1:
        return snapshot.issuers[0]
    candidates = sorted(snapshot.issuers, key=lambda each: not each.usable)
    found = next((each for each in candidates if each.issuer == claims.get("iss")), None)
    if found is None:
        known = ", ".join(sorted({each.issuer for each in snapshot.issuers})) or "none"
        raise Unaskable(f"`iss` of the claims is no TrustedIssuer's issuer; there is {known}")
    return found
