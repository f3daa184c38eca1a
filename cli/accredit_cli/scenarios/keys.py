"""Test keys: each TrustedIssuer of a scenario gets fresh ones, in place of the keys that its manifest names."""

import functools
from collections.abc import Mapping

from accredit_cli.minting import ALGORITHMS, SigningKey, new_key

STRANGER = "stranger"

_FALLBACK = "ES256"


@functools.lru_cache(maxsize=256)
def key_named(_issuer: str, kid: str, algorithm: str) -> SigningKey:
    """Return the key of this name: always the same one in a process, never the same in two. Raises Unmintable."""
    return new_key(algorithm, kid)


def issuer_keys(issuer: str, spec: Mapping[str, object], wanted: tuple[str, ...] | None) -> tuple[SigningKey, ...]:
    """Return the keys `test-1`, `test-2`… of these algorithms; by default one, of the issuer's first algorithm."""
    algorithms = wanted if wanted is not None else (_first_algorithm(spec),)
    return tuple(key_named(issuer, f"test-{number}", name) for number, name in enumerate(algorithms, 1))


def with_keys(manifest: Mapping[str, object], keys: tuple[SigningKey, ...]) -> dict[str, object]:
    """Return the TrustedIssuer with these keys inline, in place of wherever it takes its keys from."""
    spec = manifest.get("spec")
    if not isinstance(spec, Mapping):
        return dict(manifest)
    written = spec.get("jwks")
    jwks: dict[str, object] = {"source": "Inline", "inline": {"keys": [key.jwk() for key in keys]}}
    if isinstance(written, Mapping) and "deniedKeyIDs" in written:
        jwks["deniedKeyIDs"] = written["deniedKeyIDs"]
    return {**manifest, "spec": {**spec, "jwks": jwks}}


def _first_algorithm(spec: Mapping[str, object]) -> str:
    listed = spec.get("algorithms")
    first = listed[0] if isinstance(listed, list) and listed else _FALLBACK
    return first if first in ALGORITHMS else _FALLBACK
