"""What a fetch brought: the usable keys of a set, or one sentence of why not. Pure.

A set is good when every kid names one key and a key of it is usable; another one leaves the last good set in place.
The exception is a set with private keys in it: what is left of it counts, be it nothing, because whoever reads the
set can sign with them, and the last good set may hold their public halves.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accredit_extauthz.contract.snapshot import Key
from accredit_operator.compile.jwks import read_jwks
from accredit_operator.keys.source import Source
from accredit_operator.keys.unfetched import Unfetched, shown
from accredit_operator.world import Problem

FIELD = "keys"  # path of the list inside a JWK Set
_MAX_TEXT = 2048  # characters of a JWK's member, as where keys are written inline
_BOUNDED = ("kid", "n", "e", "x", "y")


@dataclass(frozen=True, slots=True)
class Fetched:
    """A good set: its keys in a fixed order, what was left out of it, and when it was asked for (Unix seconds)."""

    keys: tuple[Key, ...]
    fetched_at: int
    left_out: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """No good set: why, and what to do."""

    sentence: str


def judge_set(jwks: Sequence[Mapping[str, object]], source: Source, fetched_at: int) -> Fetched:
    """Return the usable keys of a set. Raises Unfetched for one that is not good."""
    subject = source.url or source.issuer
    is_exposed = any("d" in jwk for jwk in jwks)
    if not is_exposed:
        _check_set(jwks, subject)
    keys, problems = read_jwks(jwks, source.algorithms, FIELD)
    if not keys and not is_exposed:
        found = f"no key of the set is usable ({problems[0] if problems else 'it is empty'})"
        raise Unfetched(subject, found, "see what the issuer publishes")
    return Fetched(tuple(sorted(keys, key=lambda key: (key.kid or "", key.algorithm))), fetched_at, problems)


def _check_set(jwks: Sequence[Mapping[str, object]], subject: str) -> None:
    kids = Counter(kid for jwk in jwks if isinstance(kid := jwk.get("kid"), str))
    twice = next((kid for kid, count in kids.items() if count > 1), None)
    if twice is not None:
        raise Unfetched(subject, f"kid {shown(twice)} names several keys of the set", "give every key its own kid")
    for index, jwk in enumerate(jwks):
        long = next((name for name in _BOUNDED if len(str(jwk.get(name, ""))) > _MAX_TEXT), None)
        if long is not None:
            found = f"{FIELD}[{index}].{long} is longer than {_MAX_TEXT} characters"
            raise Unfetched(subject, found, "publish keys of a common size")
