"""What a compilation takes as given beside the objects."""

from dataclasses import dataclass
from enum import StrEnum


class HostClaims(StrEnum):
    """How a namespace comes to own a host: granted by the platform, or taken by the oldest policy."""

    GRANTED = "Granted"
    ANY = "Any"


@dataclass(frozen=True, slots=True)
class Premises:
    """The deployment's facts. The defaults are those of manifest mode."""

    trust_domain: str = "cluster.local"  # of SPIFFE IDs
    cluster_domain: str = "cluster.local"  # of service names
    operator_namespace: str = "accredit-system"
    host_claims: HostClaims = HostClaims.ANY
    staleness_known: bool = False  # whether a view's age can be told: not from a file


MANIFESTS = Premises()
