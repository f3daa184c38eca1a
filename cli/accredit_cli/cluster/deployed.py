"""What the replicas of a cluster are told about where they run: the settings in their Deployment."""

from collections.abc import Iterator, Mapping

from accredit_extauthz.decide.view import Deployment
from accredit_operator.ports import Cluster, Collection, Document, Forbidden, NotFound

DEPLOYMENTS = Collection("apps", "v1", "deployments", "Deployment")
_EXTAUTHZ = "app.kubernetes.io/part-of=accredit,app.kubernetes.io/component=extauthz"


def read_deployment(cluster: Cluster, home: str) -> Deployment | None:
    """Return the settings that decisions depend on; None where no Deployment of the chart can be seen.

    Raises ClusterError for other troubles.
    """
    try:
        found = cluster.list_all(DEPLOYMENTS, namespace=home, label=_EXTAUTHZ).items
    except (Forbidden, NotFound):
        return None
    return _settings(found[0].document) if found else None


def _settings(document: Document) -> Deployment:
    said, usual = dict(_environment(document)), Deployment()
    gateways = said.get("ACCREDIT_GATEWAY_IDENTITIES", "")
    body = said.get("ACCREDIT_MAX_BODY", "")
    return Deployment(
        trust_domain=said.get("ACCREDIT_TRUST_DOMAIN") or usual.trust_domain,
        gateway_identities=frozenset(one.strip() for one in gateways.split(",") if one.strip()),
        max_body=int(body) if body.isascii() and body.isdigit() else usual.max_body,
    )


def _environment(document: Document) -> Iterator[tuple[str, str]]:
    for container in _list(_at(_at(_at(document, "spec"), "template"), "spec"), "containers"):
        for variable in _list(container, "env"):
            name, value = variable.get("name"), variable.get("value")
            if isinstance(name, str) and isinstance(value, str):
                yield name, value


def _at(document: Mapping[str, object], member: str) -> Mapping[str, object]:
    value = document.get(member)
    return value if isinstance(value, Mapping) else {}


def _list(document: Mapping[str, object], member: str) -> Iterator[Mapping[str, object]]:
    value = document.get(member)
    return (one for one in (value if isinstance(value, list) else ()) if isinstance(one, Mapping))
