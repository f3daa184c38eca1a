"""Addresses, durations and TLS contexts in Envoy's messages."""

import ipaddress
from datetime import timedelta

import betterproto2
from envoy_data_plane.envoy.config.core import v3 as core
from envoy_data_plane.envoy.extensions.transport_sockets.tls import v3 as tls
from envoy_data_plane.envoy.type.matcher import v3 as matcher
from envoy_data_plane.google.protobuf import Any

from accredit_cli.envoy.plan import Address, ClientTls, ServerTls


def packed(message: betterproto2.Message) -> Any:
    """Return the message as the value of a typed_config."""
    return Any.pack(message)


def seconds(value: float) -> timedelta:
    """Return a duration."""
    return timedelta(seconds=value)


def socket_address(address: Address) -> core.Address:
    """Return the address for a listener or an endpoint."""
    if address.port is None:
        return core.Address(pipe=core.Pipe(path=address.host))
    return core.Address(socket_address=core.SocketAddress(address=address.host, port_value=address.port))


def is_literal(address: Address) -> bool:
    """Whether the address needs no DNS: an IP address or a Unix socket."""
    if address.port is None:
        return True
    try:
        ipaddress.ip_address(address.host)
    except ValueError:
        return False
    return True


def server_socket(settings: ServerTls) -> core.TransportSocket:
    """Return TLS for a listener. With a client CA, a client without a certificate of it gets no connection."""
    trusted = (
        None if settings.client_ca is None else tls.CertificateValidationContext(trusted_ca=_file(settings.client_ca))
    )
    context = tls.DownstreamTlsContext(
        common_tls_context=_common(settings.certificate, settings.key, trusted, ["h2", "http/1.1"]),
        require_client_certificate=settings.client_ca is not None,
    )
    return core.TransportSocket(name="envoy.transport_sockets.tls", typed_config=packed(context))


def client_socket(settings: ClientTls, protocols: list[str]) -> core.TransportSocket:
    """Return TLS for a cluster: the peer's certificate is of `ca` and names `name`."""
    named = tls.SubjectAltNameMatcher(
        san_type=tls.SubjectAltNameMatcherSanType.URI
        if "://" in settings.name
        else tls.SubjectAltNameMatcherSanType.DNS,
        matcher=matcher.StringMatcher(exact=settings.name),
    )
    trusted = tls.CertificateValidationContext(trusted_ca=_file(settings.ca), match_typed_subject_alt_names=[named])
    context = tls.UpstreamTlsContext(
        common_tls_context=_common(settings.certificate, settings.key, trusted, protocols),
        sni="" if "://" in settings.name else settings.name,
    )
    return core.TransportSocket(name="envoy.transport_sockets.tls", typed_config=packed(context))


def _common(
    certificate: str | None, key: str | None, trusted: tls.CertificateValidationContext | None, protocols: list[str]
) -> tls.CommonTlsContext:
    pair = None if certificate is None or key is None else (certificate, key)
    return tls.CommonTlsContext(
        tls_params=tls.TlsParameters(tls_minimum_protocol_version=tls.TlsParametersTlsProtocol.TLSv1_2),
        tls_certificates=[]
        if pair is None
        else [tls.TlsCertificate(certificate_chain=_file(pair[0]), private_key=_file(pair[1]))],
        validation_context=trusted,
        alpn_protocols=protocols,
    )


def _file(path: str) -> core.DataSource:
    return core.DataSource(filename=path)
