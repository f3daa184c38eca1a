"""What Envoy asked: one request in canonical form, and the peer that sent it."""

from collections.abc import Mapping

import msgspec


class Peer(msgspec.Struct, frozen=True, gc=False):
    """The TLS peer as Envoy verified it. Empty strings where there is none."""

    principal: str  # the URI SAN of the verified certificate
    address: str
    certificate: str  # x5t#S256 of the certificate (RFC 8705 §3.1), base64url without padding


class Call(msgspec.Struct, frozen=True, gc=False):
    """One request, canonical: comparing `host` and `path` byte for byte is safe.

    `headers` has lower-case names; Envoy joins repeated ones with a comma. `path` has no query. `body` is what Envoy
    buffered, `declared_size` what the client announced (-1 when it did not). `spoofed` lists, as they were spelt, the
    request's header names that pretend to be ours and must not reach the upstream.
    """

    method: str
    host: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    declared_size: int
    peer: Peer
    destination: str  # SPIFFE ID of the local certificate; empty when there is none
    extensions: Mapping[str, str]  # ext_authz context extensions
    request_id: str
    trace_id: str
    spoofed: tuple[str, ...]
