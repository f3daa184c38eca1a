"""Who owns a host: the one namespace whose policies count there.

Service names belong to the namespace in them. Other hosts are granted by the platform (Namespace annotation) or taken
by the oldest claim. The nearest owner over a host decides, so a wildcard reserves everything beneath it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from accredit_extauthz.contract.host_pattern import is_host_pattern, patterns_over
from accredit_extauthz.contract.snapshot import HostOwner
from accredit_operator.compile.premises import HostClaims, Premises
from accredit_operator.world import NamespaceFacts

NOBODY = ""  # owns the service names of namespaces that do not exist


@dataclass(frozen=True, slots=True)
class HostClaim:
    """A namespace's policy names a host or wildcard."""

    namespace: str
    host: str


@dataclass(frozen=True, slots=True)
class Ownership:
    """The owners of host patterns."""

    owners: Mapping[str, str]  # pattern -> namespace

    def owner_of(self, host: str) -> str | None:
        """Return the namespace that owns a host or wildcard, NOBODY for a reserved one, None for a free one."""
        return next((self.owners[over] for over in patterns_over(host) if over in self.owners), None)

    def hosts_of(self, namespace: str) -> tuple[str, ...]:
        """Return the patterns that a namespace owns, sorted."""
        return tuple(sorted(pattern for pattern, owner in self.owners.items() if owner == namespace))

    def records(self) -> tuple[HostOwner, ...]:
        """Return the owners as records, sorted."""
        return tuple(HostOwner(pattern=pattern, namespace=self.owners[pattern]) for pattern in sorted(self.owners))


def settle(
    names: Iterable[str], namespaces: Mapping[str, NamespaceFacts], claims: Iterable[HostClaim], premises: Premises
) -> Ownership:
    """Return who owns what. `names` are those of all namespaces, `namespaces` what is known of them.

    `claims` come in claim order; they only count where the premises let claims be taken.
    """
    owners = _service_names(names, premises)
    if premises.host_claims is HostClaims.GRANTED:
        owners |= _granted(namespaces.values(), Ownership(owners))
        return Ownership(owners)
    for claim in claims:
        if Ownership(owners).owner_of(claim.host) is None:
            owners[claim.host] = claim.namespace
    return Ownership(owners)


def service_suffixes(premises: Premises) -> tuple[str, str]:
    """Return what follows NAME.NAMESPACE in the names of services: short, and with the cluster's domain."""
    return ("svc", f"svc.{premises.cluster_domain}")


def _service_names(names: Iterable[str], premises: Premises) -> dict[str, str]:
    owners: dict[str, str] = {}
    namespaces = frozenset(names)
    for suffix in service_suffixes(premises):
        owners[f"*.{suffix}"] = NOBODY
        owners |= {f"*.{namespace}.{suffix}": namespace for namespace in namespaces}
    return owners


def _granted(namespaces: Iterable[NamespaceFacts], reserved: Ownership) -> dict[str, str]:
    """Return the hosts of the annotations; of two namespaces that are granted the same one, the older has it."""
    granted: dict[str, str] = {}
    for facts in sorted(namespaces, key=lambda facts: (facts.created_at is None, facts.created_at or 0, facts.name)):
        for host in facts.hosts:
            if is_host_pattern(host) and reserved.owner_of(host) is None:
                granted.setdefault(host, facts.name)
    return granted
