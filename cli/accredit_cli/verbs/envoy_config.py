"""`accredit envoy-config`: a complete Envoy bootstrap around Accredit, hardened, for `envoy -c`."""

import json
import sys

import typer
import yaml

from accredit_cli.envoy import options as opt
from accredit_cli.envoy.bootstrap import render
from accredit_cli.envoy.plan import ClientTls, Limits, Plan, ServerTls

_HEADER = """\
# Envoy 1.36.10, 1.37.6, 1.38.4, 1.39.1 or later of each line: earlier ones have known ways around ext_authz.
# failure_mode_allow and allow_partial_message are absent, that is false: keep them so.
"""


def command(  # noqa: PLR0913 -- one parameter an option
    *,
    upstream: opt.Upstream,
    listen: opt.Listen = opt.LISTEN,
    authorizer: opt.Authorizer = opt.AUTHORIZER,
    hosts: opt.Hosts = None,
    policy: opt.Policy = None,
    tls_cert: opt.TlsCert = None,
    tls_key: opt.TlsKey = None,
    tls_client_ca: opt.TlsClientCa = None,
    upstream_ca: opt.UpstreamCa = None,
    upstream_name: opt.UpstreamName = None,
    authorizer_ca: opt.AuthorizerCa = None,
    authorizer_name: opt.AuthorizerName = None,
    authorizer_cert: opt.AuthorizerCert = None,
    authorizer_key: opt.AuthorizerKey = None,
    health_check: opt.HealthCheck = True,
    check_timeout: opt.CheckTimeout = 0.5,
    request_timeout: opt.Seconds = 30,
    response_timeout: opt.Seconds = 60,
    idle_timeout: opt.Seconds = 300,
    max_stream: opt.MaxStream = 900,
    max_body: opt.MaxBody = 65_536,
    access_log: opt.AccessLog = "stdout",
    admin: opt.Admin = None,
    output: opt.Output = opt.Format.YAML,
) -> None:
    """Render a complete, hardened Envoy bootstrap that asks accredit-extauthz about every request.

    There is no option that lets a request pass unchecked: an authorizer that cannot be reached answers 503.
    """
    plan = Plan(
        listen=listen,
        upstream=upstream,
        authorizer=authorizer,
        hosts=tuple(hosts or ["*"]),
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


def _write(rendered: dict[str, object], output: opt.Format) -> None:
    match output:
        case opt.Format.YAML:
            sys.stdout.write(_HEADER + yaml.safe_dump(rendered, sort_keys=False))
        case opt.Format.JSON:
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
