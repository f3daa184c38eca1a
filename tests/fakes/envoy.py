"""Envoy's side of the wire: CheckRequests as it builds them."""

from collections.abc import Mapping

from accredit_extauthz.codec.envoy_subset_pb2 import AttributeContext, CheckRequest


def check_request(
    method: str = "GET",
    host: str = "crm.example",
    path: str = "/v1/contacts",
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    principal: str = "",
    certificate: str = "",
    address: str = "192.0.2.7",
    destination: str = "",
    extensions: Mapping[str, str] | None = None,
) -> bytes:
    """The bytes of one CheckRequest, with the pseudo-headers that Envoy puts among the headers."""
    request = CheckRequest()
    attributes = request.attributes
    attributes.source.address.socket_address.address = address
    attributes.source.principal = principal
    attributes.source.certificate = certificate
    attributes.destination.principal = destination
    attributes.context_extensions.update(extensions or {})
    http = attributes.request.http
    http.method, http.host, http.path, http.raw_body, http.size = method, host, path, body, len(body)
    http.headers.update({":method": method, ":authority": host, ":path": path} | dict(headers or {}))
    return request.SerializeToString()


def raw_header_request(pairs: list[tuple[str, bytes]]) -> bytes:
    """The bytes of a CheckRequest from a filter with encode_raw_headers."""
    request = CheckRequest()
    http = request.attributes.request.http
    http.method, http.host, http.path = "GET", "crm.example", "/"
    for name, value in pairs:
        http.header_map.headers.add(key=name, raw_value=value)
    return request.SerializeToString()


def bare_request(fill: AttributeContext) -> bytes:
    """The bytes of a CheckRequest with exactly these attributes."""
    return CheckRequest(attributes=fill).SerializeToString()
