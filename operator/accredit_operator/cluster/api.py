"""The Cluster port over the official client, asked for raw JSON: its models cost more than the work itself.

Nothing is retried here. A retried write would meet the version that its own first try made, and a 409 is how a writer
learns that another one is at work. Connections are pooled, and one object serves any number of threads.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import urllib3
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException

from accredit_operator.cluster.answers import decode, error_of, is_expired, page_of, stored_of
from accredit_operator.ports import Clock, ClusterError, Collection, Document, Listing, Stored, TransientError

_CALL_S: Final = 5.0  # shorter than half of the Lease's renewal deadline
_LIST_S: Final = 30.0
_PAGE: Final = 500
_LISTS: Final = 3  # how often a list begins again when its continuation expires
_CONNECTIONS: Final = 32
_CHUNK: Final = 1 << 18
_NS_PER_S: Final = 1_000_000_000
_JSON, _MERGE = "application/json", "application/merge-patch+json"

# The client's loaders carry no types.
_load_kube_config: Callable[..., None] = config.load_kube_config
_load_incluster_config: Callable[..., None] = config.load_incluster_config


def connect(
    environment: Mapping[str, str], clock: Clock, *, call_s: float = _CALL_S, context: str | None = None
) -> "KubernetesCluster":
    """Return the cluster that KUBECONFIG names; else the one this pod runs in; else that of ~/.kube/config.

    `context` is one of the file's, in place of its current one. A call is given up after `call_s`, a page of a list
    after 30 s. Nothing is sent yet. Raises ClusterError with a sentence when none is configured.
    """
    configuration = client.Configuration()
    file = environment.get("KUBECONFIG") or None
    try:
        if environment.get("KUBERNETES_SERVICE_HOST") and not file and not context:
            _load_incluster_config(client_configuration=configuration)
        else:
            _load_kube_config(file, context=context, client_configuration=configuration)
    except (config.ConfigException, OSError) as error:
        raise ClusterError(f"no cluster to speak to: {error}; set KUBECONFIG or run in a pod") from error
    configuration.retries = urllib3.Retry(0)
    configuration.connection_pool_maxsize = _CONNECTIONS
    return KubernetesCluster(client.ApiClient(configuration), clock, call_s)


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Document | None = None
    content_type: str = _JSON
    is_page: bool = False  # of a list: long, and worth waiting for

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class KubernetesCluster:
    """Implements the Cluster port."""

    def __init__(self, api: client.ApiClient, clock: Clock, call_s: float = _CALL_S) -> None:
        self._api = api
        self._clock = clock
        self._call_s = call_s

    def close(self) -> None:
        """Close the idle connections."""
        self._api.rest_client.pool_manager.clear()

    def list_all(self, collection: Collection, *, namespace: str = "", label: str = "") -> Listing:
        """Return the newest state of a collection, read page by page."""
        for _ in range(_LISTS):
            listing = self._list(collection, namespace, label)
            if listing is not None:
                return listing
        raise TransientError(f"a list of {collection.plural} expired {_LISTS} times before its last page")

    def probe(self, collection: Collection, *, namespace: str = "") -> None:
        """Return once a list of at most one object has succeeded."""
        page_of(self._ask(_Request("GET", _path(collection, namespace), (("limit", "1"),))), collection)

    def read(self, collection: Collection, namespace: str, name: str) -> Stored:
        """Return the newest state of one object."""
        return stored_of(self._ask(_Request("GET", _path(collection, namespace, name))), collection)

    def create(self, collection: Collection, document: Document) -> Stored:
        """Write a new object."""
        namespace = _metadata(document).get("namespace", "")
        return stored_of(self._ask(_Request("POST", _path(collection, namespace), body=document)), collection)

    def replace(self, collection: Collection, document: Document) -> Stored:
        """Write an object in the place of the version that it names."""
        metadata = _metadata(document)
        if not metadata.get("resourceVersion"):
            raise ValueError("a replacement names the resourceVersion that it replaces")
        path = _path(collection, metadata.get("namespace", ""), metadata["name"])
        return stored_of(self._ask(_Request("PUT", path, body=document)), collection)

    def delete(
        self, collection: Collection, namespace: str, name: str, *, uid: str, resource_version: str = ""
    ) -> None:
        """Delete the object with this uid, at this version when one is given."""
        preconditions = {"uid": uid, **({"resourceVersion": resource_version} if resource_version else {})}
        body = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": preconditions}
        self._ask(_Request("DELETE", _path(collection, namespace, name), body=body))

    def patch_status(
        self, collection: Collection, namespace: str, name: str, *, resource_version: str, status: Document
    ) -> Stored:
        """Merge into the status of the object at this version."""
        path = _path(collection, namespace, name) + "/status"
        body = {"metadata": {"resourceVersion": resource_version}, "status": status}
        return stored_of(self._ask(_Request("PATCH", path, body=body, content_type=_MERGE)), collection)

    def _list(self, collection: Collection, namespace: str, label: str) -> Listing | None:
        """Return all pages, or None when a page's continuation expired."""
        items: list[Stored] = []
        base = (("limit", str(_PAGE)), *((("labelSelector", label),) if label else ()))
        following = ""
        while True:
            query = (*base, ("continue", following)) if following else base
            request = _Request("GET", _path(collection, namespace), query, is_page=True)
            status, headers, data = self._send(request)
            if following and is_expired(status):
                return None
            page, version, following = page_of(_document(request, status, headers, data), collection)
            items.extend(page)
            if not following:
                return Listing(tuple(items), version)

    def _ask(self, request: _Request) -> Document:
        return _document(request, *self._send(request))

    def _send(self, request: _Request) -> tuple[int, Mapping[str, str], bytes]:
        """Return status, headers and body, or raise TransientError within the request's time."""
        within_s = _LIST_S if request.is_page else self._call_s
        deadline_ns = self._clock.ticks_ns() + int(within_s * _NS_PER_S)
        try:
            prepared = self._api.param_serialize(
                request.method,
                request.path,
                query_params=list(request.query),
                header_params={"Accept": _JSON, "Content-Type": request.content_type},
                body=request.body,
                auth_settings=["BearerToken"],
            )
            response = self._api.call_api(*prepared, _request_timeout=within_s).response
            return response.status, response.headers, b"".join(self._body(request, response, deadline_ns))
        except (urllib3.exceptions.HTTPError, ApiException, OSError) as error:
            raise TransientError(f"{request}: {_cause(error)}") from error

    def _body(self, request: _Request, response: urllib3.HTTPResponse, deadline_ns: int) -> Iterator[bytes]:
        """Yield the body. The client's own limit is on each read, so a dribbling body would never end."""
        is_whole = False
        try:
            while part := response.read1(_CHUNK):
                yield part
                if self._clock.ticks_ns() > deadline_ns:
                    raise TransientError(f"{request}: no whole answer in time")
            is_whole = True
        finally:
            response.release_conn() if is_whole else response.close()


def _document(request: _Request, status: int, headers: Mapping[str, str], data: bytes) -> Document:
    if not 200 <= status < 300:  # noqa: PLR2004 -- success, RFC 9110 §15.3
        raise error_of(str(request), status, data, headers.get("Retry-After"))
    return decode(data, str(request))


def _metadata(document: Document) -> Mapping[str, str]:
    metadata = document.get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}


def _path(collection: Collection, namespace: str, name: str = "") -> str:
    root = f"/apis/{collection.group}" if collection.group else "/api"
    parts = [root, collection.version]
    if collection.is_namespaced and namespace:
        parts += ["namespaces", quote(namespace, safe="")]
    parts += [collection.plural, *([quote(name, safe="")] if name else [])]
    return "/".join(parts)


def _cause(error: Exception) -> str:
    """Return what is at the bottom of the client's nested errors."""
    reason = getattr(error, "reason", None)
    return _cause(reason) if isinstance(reason, Exception) else (str(reason or error) or type(error).__name__)
