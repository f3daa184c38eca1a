"""JSON Web Keys that may verify tokens: public, strong, and each bound to one algorithm (RFC 7517, RFC 8725 §3.1).

A key that breaks a rule is left out and named; it never weakens the others. Private members are never copied.
"""

import base64
import binascii
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from jwt.algorithms import get_default_algorithms
from jwt.exceptions import InvalidKeyError

from accredit_extauthz.contract.snapshot import Key
from accredit_operator.compile.roca import is_roca
from accredit_operator.compile.verdict import Problem

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
MIN_RSA_BITS = 2048

_RSA = ALGORITHMS[:6]
_FITTING = {  # (kty, crv) -> the algorithms that such a key can be for (RFC 7518 §3.1, RFC 8037 §3.1)
    ("RSA", None): _RSA,
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA",),
    ("OKP", "Ed448"): ("EdDSA",),
}
_PUBLIC = {"RSA": ("kty", "n", "e"), "EC": ("kty", "crv", "x", "y"), "OKP": ("kty", "crv", "x")}
_PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")
_PRIMITIVES = get_default_algorithms()


class _Unfit(Exception):
    """A key breaks a rule: the member, what was found, what to write."""

    def __init__(self, member: str, found: str, remedy: str) -> None:
        self.parts = (member, found, remedy)
        super().__init__(found)


def read_jwks(
    jwks: Sequence[Mapping[str, object]], algorithms: Iterable[str], field: str
) -> tuple[tuple[Key, ...], tuple[Problem, ...]]:
    """Return the usable keys of a set, and a problem for each of the others. `field` is the path of the list."""
    listed = tuple(algorithms)
    repeated = {kid for kid, count in Counter(jwk.get("kid") for jwk in jwks if _kid(jwk)).items() if count > 1}
    keys: list[Key] = []
    problems: list[Problem] = []
    for index, jwk in enumerate(jwks):
        try:
            _check_name(jwk, repeated, len(jwks))
            keys.append(_read(jwk, listed))
        except _Unfit as unfit:
            member, found, remedy = unfit.parts
            problems.append(Problem(f"{field}[{index}].{member}", found, remedy))
    return tuple(keys), tuple(problems)


def _kid(jwk: Mapping[str, object]) -> str | None:
    kid = jwk.get("kid")
    return kid if isinstance(kid, str) and kid else None


def _check_name(jwk: Mapping[str, object], repeated: Iterable[object], count: int) -> None:
    kid = _kid(jwk)
    if kid in repeated:
        raise _Unfit("kid", f'"{kid}" names several keys', "give every key its own kid")
    if kid is None and ("kid" in jwk or count > 1):
        raise _Unfit("kid", "it is missing or no text, in a set of several keys", "name every key by a unique kid")


def _read(jwk: Mapping[str, object], listed: Sequence[str]) -> Key:
    _check_purpose(jwk)
    fitting = _fitting(jwk)
    algorithm = _choose_algorithm(jwk, fitting, listed)
    public = {name: _text(jwk, name) for name in _PUBLIC[_text(jwk, "kty")]}
    if public["kty"] == "RSA":
        _check_modulus(public["n"])
    try:
        _PRIMITIVES[algorithm].from_jwk(dict(public))
    except (InvalidKeyError, ValueError, TypeError) as error:
        raise _Unfit("kty", f"it is no {algorithm} public key ({error})", "copy the key from the issuer") from error
    return Key(kid=_kid(jwk), algorithm=algorithm, jwk=public)


def _check_purpose(jwk: Mapping[str, object]) -> None:
    private = next((name for name in _PRIVATE if name in jwk), None)
    if private is not None:
        raise _Unfit(
            private, "a private or secret key stands here", "replace the key at its issuer, list the public half"
        )
    if jwk.get("use", "sig") != "sig":
        raise _Unfit("use", "the key is not for signatures", 'list keys with use "sig"')
    operations = jwk.get("key_ops", ["verify"])
    if not isinstance(operations, Sequence) or isinstance(operations, str) or "verify" not in operations:
        raise _Unfit("key_ops", 'it does not list "verify"', "list keys that verify")


def _fitting(jwk: Mapping[str, object]) -> tuple[str, ...]:
    kty = _text(jwk, "kty")
    if kty not in _PUBLIC:
        raise _Unfit("kty", f'"{kty[:64]}" is no asymmetric key type', "use RSA, EC or OKP")
    curve = None if kty == "RSA" else _text(jwk, "crv")
    fitting = _FITTING.get((kty, curve))
    if fitting is None:
        raise _Unfit(
            "crv", f'"{(curve or "")[:64]}" is no curve for {kty}', "use P-256, P-384, P-521, Ed25519 or Ed448"
        )
    return fitting


def _choose_algorithm(jwk: Mapping[str, object], fitting: Sequence[str], listed: Sequence[str]) -> str:
    named = jwk.get("alg")
    if named is not None and named not in fitting:
        raise _Unfit("alg", f'"{str(named)[:64]}" does not fit the key', f"write one of {', '.join(fitting)}")
    candidates = [name for name in fitting if name in listed and named in (None, name)]
    if not candidates:
        raise _Unfit("alg", "its algorithm is not among spec.algorithms", f"list {named or ' or '.join(fitting)} there")
    if len(candidates) > 1:
        raise _Unfit("alg", f"it is missing, and {' and '.join(candidates)} fit", "name the key's one algorithm")
    return candidates[0]


def _text(jwk: Mapping[str, object], member: str) -> str:
    value = jwk.get(member)
    if not isinstance(value, str) or not value:
        raise _Unfit(member, "it is missing or no text", "copy the whole public key from the issuer")
    return value


def _check_modulus(modulus: str) -> None:
    try:
        number = base64.b64decode(modulus + "=" * (-len(modulus) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise _Unfit("n", "it is not base64url", "copy the key from the issuer") from error
    value = int.from_bytes(number, "big")
    if value.bit_length() < MIN_RSA_BITS:
        raise _Unfit("n", f"an RSA key of {value.bit_length()} bits", f"use {MIN_RSA_BITS} bits or more")
    if is_roca(value):
        raise _Unfit("n", "an RSA key whose factors can be found (ROCA)", "make a new key with another library")
