"""Headers, keys, algorithms and types that a token may not choose (RFC 7515 §4.1, RFC 8725 §3)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from accredit_extauthz.contract.snapshot import RequiredClaim
from accredit_extauthz.model.reason import Reason
from adversary.forge import Forge
from adversary.token_case import TokenCase, from_forge, from_headers
from fakes.issuer import FakeIssuer, b64url, private_key
from fakes.scene import issuer_record, view

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
_STRANGER = private_key("ES256")
_SECOND = FakeIssuer(kid="k2")

TWO_KEYS = view(
    issuers=(issuer_record(keys=(*issuer_record().keys, *issuer_record(_SECOND).keys)),),
)
UNTYPED = view(
    issuers=(
        issuer_record(
            token_types=("at+jwt", "jwt", ""), required_claims=(RequiredClaim(name="token_use", values=("access",)),)
        ),
    )
)

_FORBIDDEN = {
    "crit": ([], ["exp"], ["b64"], None),
    "b64": (False, True),
    "jku": ("https://evil.example/keys", ""),
    "x5u": ("https://evil.example/chain",),
    "jwk": ({"kty": "EC"}, None),
    "x5c": ([], ["MIIB"]),
    "zip": ("DEF",),
    "enc": ("A256GCM", None),
    "cty": ("JWT", ""),
}

_OTHER_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES384", "ES512", "EdDSA", "ES256K", "HS256")
_NO_ALGORITHM = ("none", "None", "NONE", "nOnE", "", "es256", "ES256 ", " ES256", "ES256\0", "ES-256", "\uff25S256")
_NO_KEY = ("", "K1", "k1 ", "k1\0", "k2", "../../dev/null", "/etc/passwd", "' OR '1'='1", "k\u0031\u200b", "*", "k1,k1")
_NO_TYPE = ("JWT", "jwt", "", "at+jwt ", " at+jwt", "at+jwt;v=1", "application/application/at+jwt", "id+jwt", "jose")
_NO_TYPE_EITHER = ("dpop+jwt", "logout+jwt", "secevent+jwt", "at\u2010jwt", "text/at+jwt", "a\u0442+jwt", "at+jwt\0")


def _with_hmac(forge: Forge, secret: bytes) -> str:
    """CVE-2015-9235: an HMAC whose secret is the public key."""
    header = b64url(json.dumps(forge.header(alg="HS256")).encode())
    signed = f"{header}.{b64url(json.dumps(forge.claims()).encode())}"
    return f"{signed}.{b64url(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def _pem(forge: Forge) -> bytes:
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    return bytes(forge.private.public_key().public_bytes(serialization.Encoding.PEM, spki))


def _signed_by(signature: Callable[[Forge], bytes]) -> Callable[[Forge], str]:
    return lambda forge: f"{forge.token().rpartition('.')[0]}.{b64url(signature(forge))}"


def _numbers(forge: Forge) -> tuple[int, int]:
    raw = base64.urlsafe_b64decode(forge.token().rpartition(".")[2] + "==")
    return int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")


def _swapped(forge: Forge, index: int) -> str:
    """An honest token, one part taken from another honest one."""
    parts, others = forge.token().split("."), forge.token({"x": 1}, sub="root").split(".")
    parts[index] = others[index]
    return ".".join(parts)


_FORGED: dict[str, Callable[[Forge], str]] = {
    "a stranger's key": lambda forge: replace(forge, private=_STRANGER).token(),
    "the payload of another token": lambda forge: _swapped(forge, 1),
    "the header of another token": lambda forge: _swapped(forge, 0),
    "the signature of another token": lambda forge: _swapped(forge, 2),
    "zeros": _signed_by(lambda forge: bytes(64)),
    "ones": _signed_by(lambda forge: b"\xff" * 64),
    "one byte": _signed_by(lambda forge: b"\0"),
    "r and s of the group's order": _signed_by(lambda forge: _ORDER.to_bytes(32, "big") * 2),
    "r of one, s of one": _signed_by(lambda forge: (1).to_bytes(32, "big") * 2),
    "DER": _signed_by(lambda forge: encode_dss_signature(*_numbers(forge))),
    "a byte too many": _signed_by(lambda forge: bytes(65)),
    "a byte too few": _signed_by(lambda forge: bytes(63)),
    "an HMAC's length": _signed_by(lambda forge: bytes(32)),
}

_MARKS = {"at_hash": "x", "c_hash": "x", "nonce": "n", "events": {}}

CASES: list[TokenCase] = [
    *(
        case
        for member, values in _FORBIDDEN.items()
        for case in from_headers(
            f"no {member}", Reason.TOKEN_MALFORMED, {f"{member} is {value!r}": {member: value} for value in values}
        )
    ),
    *from_headers(
        "alg is the key's",
        Reason.TOKEN_ALGORITHM,
        {f"alg {name!r}": {"alg": name} for name in (*_OTHER_ALGORITHMS, *_NO_ALGORITHM)} | {"no alg": {"alg": ...}},
    ),
    *from_forge(
        "alg is the key's",
        Reason.TOKEN_ALGORITHM,
        {
            "an HMAC with the public key in PEM": lambda forge: _with_hmac(forge, _pem(forge)),
            "an HMAC with the public key in PEM, without its last line break": lambda forge: _with_hmac(
                forge, _pem(forge).rstrip()
            ),
            "an HMAC with nothing": lambda forge: _with_hmac(forge, b""),
        },
    ),
    *from_headers(
        "header members are text",
        Reason.TOKEN_MALFORMED,
        {f"{name} is {value!r}": {name: value} for name in ("alg", "kid", "typ") for value in (None, 1, [], {}, True)},
    ),
    *from_headers("kid names a key", Reason.TOKEN_KEY_UNKNOWN, {f"kid {name!r}": {"kid": name} for name in _NO_KEY}),
    TokenCase(
        "kid names a key", "none, of two", Reason.TOKEN_KEY_UNKNOWN, lambda forge: forge.token({"kid": ...}), TWO_KEYS
    ),
    TokenCase(
        "kid names a key",
        "the other of two",
        Reason.TOKEN_SIGNATURE,
        lambda forge: forge.token({"kid": "k2"}),
        TWO_KEYS,
    ),
    *from_forge("the signature verifies", Reason.TOKEN_SIGNATURE, _FORGED),
    *from_headers(
        "typ is listed",
        Reason.TOKEN_TYPE,
        {f"typ {name!r}": {"typ": name} for name in (*_NO_TYPE, *_NO_TYPE_EITHER)} | {"no typ": {"typ": ...}},
    ),
    *(
        TokenCase(
            "no mark of another kind of token",
            f"{mark} in a token of type {typ!r}",
            Reason.TOKEN_CLAIMS,
            lambda forge, typ=typ, mark=mark, value=value: forge.token(
                {"typ": typ}, token_use="access", **{mark: value}
            ),
            UNTYPED,
        )
        for typ in ("JWT", ..., "at+jwt")
        for mark, value in _MARKS.items()
    ),
    *(
        TokenCase(
            "required claims",
            f"token_use is {value!r}",
            Reason.TOKEN_CLAIMS,
            lambda forge, value=value: forge.token({"typ": "JWT"}, token_use=value),
            UNTYPED,
        )
        for value in (..., None, "id", "Access", "access ", "", True, 1, [], ["id"], {"access": 1}, [["access"]])
    ),
]
