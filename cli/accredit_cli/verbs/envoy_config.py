"""`accredit envoy-config`: a complete Envoy bootstrap around Accredit, hardened, for `envoy -c`."""

import enum
import ipaddress
import json
import sys
from typing import Annotated

import typer
import yaml

from accredit_cli.envoy.bootstrap import render
from accredit_cli.envoy.plan import Address, AddressUnreadable, ClientTls, Limits, Plan, ServerTls, parse_address

_HEADER = """\
# Envoy 1.36.10, 1.37.6, 1.38.4, 1.39.1 or later of each line: earlier ones have known ways around ext_authz.
# failure_mode_allow and allow_partial_message are absent, that is false: keep them so.
"""


class Format(enum.StrEnum):
    """How the bootstrap is written."""

    YAML = "yaml"
    JSON = "json"


def _address(text: str) -> Address:
    try:
        return parse_address(text)
    except AddressUnreadable as error:
        raise typer.BadParameter(str(error)) from error


def _loopback(text: str) -> Address:
    address = _address(text)
    try:
        local = address.port is None or ipaddress.ip_address(address.host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise typer.BadParameter(f"{text} is not a loopback address; whoever reaches the admin port owns this Envoy")
    return address


def _policy(text: str) -> str:
    namespace, slash, name = text.partition("/")
    if not (namespace and slash and name) or "/" in name:
        raise typer.BadParameter(f"{text!r} names no policy; write NAMESPACE/NAME")
    return text


_LISTENER, _UPSTREAM, _AUTHORIZER, _LIMITS = "The listener", "The upstream", "The authorizer", "Limits"


def command(  # noqa: PLR0913 -- one parameter an option
    *,
    upstream: Annotated[Address, typer.Option(parser=_address, metavar="HOST:PORT", help="The service to protect.")],
    listen: Annotated[
        Address, typer.Option(parser=_address, metavar="HOST:PORT", rich_help_panel=_LISTENER)
    ] = "127.0.0.1:10000",  # type: ignore[assignment]  # typer runs the parser on it
    authorizer: Annotated[
        Address,
        typer.Option(
            parser=_address, metavar="HOST:PORT|unix:PATH", help="accredit-extauthz.", rich_help_panel=_AUTHORIZER
        ),
    ] = "127.0.0.1:9001",  # type: ignore[assignment]  # typer runs the parser on it
    host: Annotated[list[str] | None, typer.Option(help="A host that is served; repeatable. Default: all.")] = None,
    policy: Annotated[
        str | None,
        typer.Option(parser=_policy, metavar="NAMESPACE/NAME", help="Pin this ToolPolicy, whatever the host says."),
    ] = None,
    tls_cert: Annotated[str | None, typer.Option(help="The certificate chain, PEM.", rich_help_panel=_LISTENER)] = None,
    tls_key: Annotated[str | None, typer.Option(help="Its private key, PEM.", rich_help_panel=_LISTENER)] = None,
    tls_client_ca: Annotated[
        str | None, typer.Option(help="Require client certificates of this CA.", rich_help_panel=_LISTENER)
    ] = None,
    upstream_ca: Annotated[
        str | None, typer.Option(help="Speak TLS, trusting this CA.", rich_help_panel=_UPSTREAM)
    ] = None,
    upstream_name: Annotated[
        str | None, typer.Option(help="DNS name or SPIFFE ID its certificate must carry.", rich_help_panel=_UPSTREAM)
    ] = None,
    authorizer_ca: Annotated[
        str | None, typer.Option(help="Speak TLS, trusting this CA.", rich_help_panel=_AUTHORIZER)
    ] = None,
    authorizer_name: Annotated[
        str | None, typer.Option(help="DNS name or SPIFFE ID its certificate must carry.", rich_help_panel=_AUTHORIZER)
    ] = None,
    authorizer_cert: Annotated[
        str | None, typer.Option(help="Envoy's own certificate, PEM.", rich_help_panel=_AUTHORIZER)
    ] = None,
    authorizer_key: Annotated[
        str | None, typer.Option(help="Its private key, PEM.", rich_help_panel=_AUTHORIZER)
    ] = None,
    health_check: Annotated[bool, typer.Option(help="Ask the authorizer's gRPC health service.")] = True,
    check_timeout: Annotated[float, typer.Option(min=0.01, max=30, help="Seconds.", rich_help_panel=_LIMITS)] = 0.5,
    request_timeout: Annotated[float, typer.Option(min=1, max=3600, help="Seconds.", rich_help_panel=_LIMITS)] = 30,
    response_timeout: Annotated[float, typer.Option(min=1, max=3600, help="Seconds.", rich_help_panel=_LIMITS)] = 60,
    idle_timeout: Annotated[float, typer.Option(min=1, max=86400, help="Seconds.", rich_help_panel=_LIMITS)] = 300,
    max_stream: Annotated[
        float,
        typer.Option(min=1, max=86400, help="Seconds an open stream outlives a revocation.", rich_help_panel=_LIMITS),
    ] = 900,
    max_body: Annotated[
        int, typer.Option(min=1, max=4194304, help="Bytes; ACCREDIT_MAX_BODY is the same.", rich_help_panel=_LIMITS)
    ] = 65536,
    access_log: Annotated[
        str, typer.Option(metavar="stdout|PATH", help="JSON lines with the decision's id.")
    ] = "stdout",
    admin: Annotated[
        Address | None, typer.Option(parser=_loopback, metavar="HOST:PORT", help="Off unless given; loopback only.")
    ] = None,
    output: Annotated[Format, typer.Option("--output", "-o", help="The form of the bootstrap.")] = Format.YAML,
) -> None:
    """Render a complete, hardened Envoy bootstrap that asks accredit-extauthz about every request.

    There is no option that lets a request pass unchecked: an authorizer that cannot be reached answers 503.
    """
    plan = Plan(
        listen=listen,
        upstream=upstream,
        authorizer=authorizer,
        hosts=tuple(host or ["*"]),
        listener_tls=_server_tls(tls_cert, tls_key, tls_client_ca),
        upstream_tls=_client_tls("upstream", upstream_ca, upstream_name),
        authorizer_tls=_client_tls("authorizer", authorizer_ca, authorizer_name, authorizer_cert, authorizer_key),
        limits=Limits(check_timeout, request_timeout, response_timeout, idle_timeout, max_stream, max_body),
        policy=policy,
        health_check=health_check,
        access_log=access_log,
        admin=admin,
    )
    _write(render(plan), output)


def _write(rendered: dict[str, object], output: Format) -> None:
    match output:
        case Format.YAML:
            sys.stdout.write(_HEADER + yaml.safe_dump(rendered, sort_keys=False))
        case Format.JSON:
            sys.stdout.write(json.dumps(rendered, indent=2) + "\n")


def _server_tls(certificate: str | None, key: str | None, client_ca: str | None) -> ServerTls | None:
    if certificate is not None and key is not None:
        return ServerTls(certificate, key, client_ca)
    if certificate is None and key is None and client_ca is None:
        return None
    raise typer.BadParameter("--tls-cert and --tls-key come together, and --tls-client-ca needs both")


def _client_tls(
    side: str, ca: str | None, name: str | None, certificate: str | None = None, key: str | None = None
) -> ClientTls | None:
    if (certificate is None) != (key is None):
        raise typer.BadParameter(f"--{side}-cert and --{side}-key come together")
    if ca is not None and name is not None:
        return ClientTls(ca, name, certificate, key)
    if ca is None and name is None and certificate is None:
        return None
    raise typer.BadParameter(f"--{side}-ca and --{side}-name come together: a CA alone would trust any name it signed")
