"""Where a ToolPolicy stands."""

from enum import StrEnum

from accredit_operator.kinds.resource import Choice, Maybe, Node, ObjectRef, SomeOf
from accredit_operator.kinds.rules import union
from accredit_operator.kinds.text import HostPattern, Path


class TargetType(StrEnum):
    """How a target is named."""

    HOST = "Host"
    SERVICE = "Service"
    SERVICE_ACCOUNT = "ServiceAccount"


class Host(Node):
    """Host names, and paths beneath them."""

    names: SomeOf[HostPattern]
    """Host names in lower case, or *. before one for every name beneath it."""
    paths: Maybe[SomeOf[Path]] = None
    """Path prefixes, which end on segment borders. All paths when left out."""


class Target(Node):
    """One place where a policy stands."""

    obeys = union("type", {"Host": "host", "Service": "service", "ServiceAccount": "serviceAccount"})

    type: Choice[TargetType]
    """How the target is named: Host, Service or ServiceAccount."""
    host: Maybe[Host] = None
    """Host names and paths, for type Host."""
    service: Maybe[ObjectRef] = None
    """Service of this namespace, for type Service: its names in the cluster are the hosts."""
    service_account: Maybe[ObjectRef] = None
    """Service account of this namespace, for type ServiceAccount: the workload that a sidecar guards."""
