"""What is fetched for a TrustedIssuer, and how often: the part of its spec that the fetching depends on."""

from collections.abc import Mapping
from dataclasses import dataclass

from accredit_operator.kinds.key_set import KeySource
from accredit_operator.kinds.times import duration_seconds
from accredit_operator.kinds.trusted_issuer import TrustedIssuerSpec
from accredit_operator.world import Kind, World


@dataclass(frozen=True, slots=True)
class Source:
    """Where an issuer's keys come from. `url` is None where the issuer's discovery document names it."""

    issuer: str
    url: str | None
    ca_bundle: str | None  # PEM; the only roots for this issuer where written
    algorithms: tuple[str, ...]
    interval_s: int
    max_stale_s: int

    @property
    def place(self) -> tuple[str, str | None]:
        """What makes two sources the same: keys from one place are never taken for those of another."""
        return (self.issuer, self.url)


def source_of(spec: TrustedIssuerSpec) -> Source | None:
    """Return what to fetch for an issuer; None when its keys are written into the object."""
    jwks = spec.jwks
    if jwks.source is KeySource.INLINE:
        return None
    return Source(
        issuer=spec.issuer,
        url=jwks.url if jwks.source is KeySource.URL else None,
        ca_bundle=jwks.ca_bundle,
        algorithms=tuple(sorted(spec.algorithms)),
        interval_s=duration_seconds(jwks.refresh_interval),
        max_stale_s=duration_seconds(jwks.max_stale),
    )


def sources_in(world: World) -> Mapping[str, Source]:
    """Return what to fetch, by TrustedIssuer name. An issuer whose spec cannot be read has nothing to fetch."""
    declared = world.of_kind(Kind.TRUSTED_ISSUER, TrustedIssuerSpec)
    sources = ((thing.key.name, source_of(thing.spec)) for thing in declared if thing.spec is not None)
    return {name: source for name, source in sources if source is not None}
