"""The two places Envoy connects to: the upstream, and the authorizer over HTTP/2."""

from envoy_data_plane.envoy.config.cluster import v3 as cluster
from envoy_data_plane.envoy.config.core import v3 as core
from envoy_data_plane.envoy.config.endpoint import v3 as endpoint
from envoy_data_plane.envoy.extensions.upstreams.http import v3 as http

from accredit_cli.envoy.plan import Address, ClientTls, Plan
from accredit_cli.envoy.sockets import client_socket, is_literal, packed, seconds, socket_address

AUTHORIZER = "accredit"
UPSTREAM = "upstream"
_HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def upstream(plan: Plan) -> cluster.Cluster:
    """Return the cluster of the service that is protected."""
    return _cluster(UPSTREAM, plan.upstream, plan.upstream_tls, ["http/1.1"])


def authorizer(plan: Plan) -> cluster.Cluster:
    """Return the cluster of accredit-extauthz: HTTP/2, keepalive, and a bad endpoint is left out soon."""
    found = _cluster(AUTHORIZER, plan.authorizer, plan.authorizer_tls, ["h2"])
    keepalive = core.KeepaliveSettings(interval=seconds(30), timeout=seconds(5))
    explicit = http.HttpProtocolOptionsExplicitHttpConfig(
        http2_protocol_options=core.Http2ProtocolOptions(connection_keepalive=keepalive)
    )
    found.typed_extension_protocol_options = {
        _HTTP_OPTIONS: packed(http.HttpProtocolOptions(explicit_http_config=explicit))
    }
    found.outlier_detection = cluster.OutlierDetection(
        consecutive_gateway_failure=3,
        enforcing_consecutive_gateway_failure=100,
        interval=seconds(1),
        base_ejection_time=seconds(5),
        max_ejection_percent=50,
    )
    if plan.health_check:
        found.health_checks = [_health_check()]
    return found


def _health_check() -> core.HealthCheck:
    return core.HealthCheck(
        timeout=seconds(1),
        interval=seconds(2),
        no_traffic_interval=seconds(2),
        unhealthy_threshold=2,
        healthy_threshold=1,
        grpc_health_check=core.HealthCheckGrpcHealthCheck(),
        # Without it a health check over TLS negotiates HTTP/1.1 and never succeeds.
        tls_options=core.HealthCheckTlsOptions(alpn_protocols=["h2"]),
    )


def _cluster(name: str, address: Address, tls: ClientTls | None, protocols: list[str]) -> cluster.Cluster:
    reached = endpoint.Endpoint(address=socket_address(address))
    return cluster.Cluster(
        name=name,
        type=cluster.ClusterDiscoveryType.STATIC if is_literal(address) else cluster.ClusterDiscoveryType.STRICT_DNS,
        connect_timeout=seconds(1),
        load_assignment=endpoint.ClusterLoadAssignment(
            cluster_name=name,
            endpoints=[endpoint.LocalityLbEndpoints(lb_endpoints=[endpoint.LbEndpoint(endpoint=reached)])],
        ),
        transport_socket=None if tls is None else client_socket(tls, protocols),
    )
