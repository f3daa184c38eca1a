"""The options of `accredit envoy-config`: what each takes, and the help it shows."""

import enum
import ipaddress
from typing import Annotated

import typer

from accredit_cli.envoy.plan import Address, AddressUnreadable, parse_address


class Format(enum.StrEnum):
    """How the bootstrap is written."""

    YAML = "yaml"
    JSON = "json"


def _address(value: object) -> Address:
    try:
        return parse_address(str(value))
    except AddressUnreadable as error:
        raise typer.BadParameter(str(error)) from error


def _loopback(value: object) -> Address:
    address = _address(value)
    try:
        local = address.port is None or ipaddress.ip_address(address.host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise typer.BadParameter(f"{address} is not a loopback address; whoever reaches the admin port owns this Envoy")
    return address


def _policy(text: str) -> str:
    namespace, slash, name = text.partition("/")
    if not (namespace and slash and name) or "/" in name:
        raise typer.BadParameter(f"{text!r} names no policy; write NAMESPACE/NAME")
    return text


LISTEN, AUTHORIZER = Address("127.0.0.1", 10000), Address("127.0.0.1", 9001)  # unless told otherwise

_WHERE = "HOST:PORT|unix:PATH"
_LISTENER, _UPSTREAM, _AUTHORIZER, _LIMITS = "The listener", "The upstream", "The authorizer", "Limits"
_LEAST_S, _MOST_S = 1, 86_400

Upstream = Annotated[Address, typer.Option(parser=_address, metavar=_WHERE, help="The service to protect.")]
Hosts = Annotated[list[str] | None, typer.Option("--host", help="A host that is served; repeatable. Default: all.")]
Policy = Annotated[
    str | None, typer.Option(parser=_policy, metavar="NAMESPACE/NAME", help="Pin this ToolPolicy to all hosts.")
]
HealthCheck = Annotated[bool, typer.Option(help="Ask the authorizer's gRPC health service.")]
AccessLog = Annotated[str, typer.Option(metavar="stdout|PATH", help="JSON lines with the decision's id.")]
Admin = Annotated[
    Address | None, typer.Option(parser=_loopback, metavar=_WHERE, help="Off unless given; loopback only.")
]
Output = Annotated[Format, typer.Option("--output", "-o", help="The form of the bootstrap.")]

Listen = Annotated[Address, typer.Option(parser=_address, metavar=_WHERE, rich_help_panel=_LISTENER)]
TlsCert = Annotated[str | None, typer.Option(help="The certificate chain, PEM.", rich_help_panel=_LISTENER)]
TlsKey = Annotated[str | None, typer.Option(help="Its private key, PEM.", rich_help_panel=_LISTENER)]
TlsClientCa = Annotated[
    str | None, typer.Option(help="Require client certificates of this CA.", rich_help_panel=_LISTENER)
]

UpstreamCa = Annotated[str | None, typer.Option(help="Speak TLS, trusting this CA.", rich_help_panel=_UPSTREAM)]
UpstreamName = Annotated[
    str | None, typer.Option(help="DNS name or SPIFFE ID that its certificate must carry.", rich_help_panel=_UPSTREAM)
]

Authorizer = Annotated[
    Address, typer.Option(parser=_address, metavar=_WHERE, help="accredit-extauthz.", rich_help_panel=_AUTHORIZER)
]
AuthorizerCa = Annotated[str | None, typer.Option(help="Speak TLS, trusting this CA.", rich_help_panel=_AUTHORIZER)]
AuthorizerName = Annotated[
    str | None, typer.Option(help="DNS name or SPIFFE ID that its certificate must carry.", rich_help_panel=_AUTHORIZER)
]
AuthorizerCert = Annotated[str | None, typer.Option(help="Envoy's own certificate, PEM.", rich_help_panel=_AUTHORIZER)]
AuthorizerKey = Annotated[str | None, typer.Option(help="Its private key, PEM.", rich_help_panel=_AUTHORIZER)]

CheckTimeout = Annotated[float, typer.Option(min=0.01, max=30, help="Seconds.", rich_help_panel=_LIMITS)]
Seconds = Annotated[float, typer.Option(min=_LEAST_S, max=_MOST_S, help="Seconds.", rich_help_panel=_LIMITS)]
MaxStream = Annotated[
    float,
    typer.Option(
        min=_LEAST_S, max=_MOST_S, help="Seconds an open stream outlives a revocation.", rich_help_panel=_LIMITS
    ),
]
MaxBody = Annotated[
    int, typer.Option(min=1, max=16_777_216, help="Bytes; not above ACCREDIT_MAX_BODY.", rich_help_panel=_LIMITS)
]
