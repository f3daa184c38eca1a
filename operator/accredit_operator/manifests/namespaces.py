"""v1 Namespaces: their labels, which issuers select, and the hosts that the platform grants them."""

import re
from collections.abc import Mapping

from pydantic import ValidationError

from accredit_operator.kinds.resource import Metadata
from accredit_operator.world import HOSTS_ANNOTATION, NamespaceFacts

_SEPARATORS = re.compile(r"[\s,]+")


def read_namespace(raw: Mapping[str, object]) -> NamespaceFacts | None:
    """Return what a Namespace says, or None when it cannot be read."""
    written = raw.get("metadata")
    try:
        metadata = Metadata.model_validate(dict(written) if isinstance(written, Mapping) else written)
    except ValidationError:
        return None
    hosts = (metadata.annotations or {}).get(HOSTS_ANNOTATION, "")
    return NamespaceFacts(
        name=metadata.name,
        labels=metadata.labels or {},
        hosts=tuple(host for host in _SEPARATORS.split(hosts) if host),
        created_at=metadata.created_at,
    )
