"""Envoy's CheckRequest as a Call: names folded, host and path cut to what is compared, nothing judged yet."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from google.protobuf.message import DecodeError

from accredit_extauthz.codec.certificate import thumbprint
from accredit_extauthz.codec.envoy_subset_pb2 import AttributeContext, CheckRequest
from accredit_extauthz.codec.ordinary_names import OrdinaryNames
from accredit_extauthz.model.call import Call, Peer
from accredit_extauthz.model.headers import spoofed
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import refuse

_PORT = re.compile(r":[0-9]{1,5}\Z")
# W3C Trace Context §3.2: version ff and zero identifiers are invalid; a later version may append fields.
_TRACEPARENT = re.compile(
    r"(?!ff)(?:00(?=.{53}\Z)|(?!00)[0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?"
)
_LENGTH = re.compile(r"[0-9]{1,18}")
_NO_EXTENSIONS: Mapping[str, str] = MappingProxyType({})
_ORDINARY = OrdinaryNames()
_MAX_REQUEST_ID = 128  # it is written to every audit record and Envoy may let the client choose it


def read(data: bytes) -> Call:
    """Return the request as the steps of a decision compare it. Raises request_malformed when there is no request.

    Host: lower case, without port and one trailing dot. Path: without query. Anything odd beyond that is left as it
    is, for check_request_shape to refuse: a fragment too, which servers cut off or take for a part of the path.
    """
    attributes = _attributes(data)
    http = attributes.request.http
    headers, pretended = _headers(http)
    trace = _TRACEPARENT.fullmatch(headers["traceparent"]) if "traceparent" in headers else None
    return Call(
        method=http.method,
        host=_canonical_host(http.host),
        path=http.path.partition("?")[0],
        headers=headers,
        body=http.raw_body or http.body.encode("utf-8"),
        declared_size=_declared_size(headers, http.size),
        peer=_peer(attributes.source),
        destination=attributes.destination.principal,
        extensions=_extensions(attributes),
        request_id=headers.get("x-request-id", "")[:_MAX_REQUEST_ID],
        trace_id="" if trace is None else trace[1],
        spoofed=pretended,
    )


def _attributes(data: bytes) -> AttributeContext:
    try:
        attributes = CheckRequest.FromString(data).attributes
    except DecodeError:
        refuse(Reason.REQUEST_MALFORMED, "the bytes are no CheckRequest; call with envoy.service.auth.v3")
    if not attributes.request.HasField("http"):
        refuse(Reason.REQUEST_MALFORMED, "the check has no HTTP request; use the HTTP filter ext_authz")
    return attributes


def _headers(http: AttributeContext.HttpRequest) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the headers by lower-case name, and the names that pretend to be ours, as spelt.

    Envoy fills one of two fields, the second when encode_raw_headers is set.
    """
    sent = http.headers
    headers = {name: sent[name] for name in sent}
    if _ORDINARY.issuperset(headers) and not http.HasField("header_map"):
        return headers, ()
    fields = (*headers.items(), *_raw_fields(http))
    names = {name for name, _ in fields}
    found = spoofed(names)
    if not found:
        _ORDINARY.add(names)
    return _joined(fields), found


def _raw_fields(http: AttributeContext.HttpRequest) -> Iterator[tuple[str, str]]:
    for header in http.header_map.headers:
        yield header.key, header.value or header.raw_value.decode(errors="replace")


def _extensions(attributes: AttributeContext) -> Mapping[str, str]:
    given = attributes.context_extensions
    return dict(given) if len(given) else _NO_EXTENSIONS


def _joined(fields: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Join fields of one name with a comma (RFC 9110 §5.2); two bearers become one value that no parser takes."""
    joined: dict[str, str] = {}
    for spelt, value in fields:
        name = spelt.lower()
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _canonical_host(host: str) -> str:
    """Fold ASCII alone: str.lower would turn the Kelvin sign into an honest k."""
    folded = host.lower() if host.isascii() else host
    return (_PORT.sub("", folded) if ":" in folded else folded).removesuffix(".")


def _declared_size(headers: dict[str, str], received: int) -> int:
    """Return Content-Length, else what Envoy had received by now, else -1 for a size that nobody told."""
    length = headers.get("content-length")
    if length is not None and _LENGTH.fullmatch(length) is not None:
        return int(length)
    return received if received > 0 else -1


def _peer(source: AttributeContext.Peer) -> Peer:
    return Peer(
        principal=source.principal,
        address=source.address.socket_address.address,
        certificate=thumbprint(source.certificate) if source.certificate else "",
    )
