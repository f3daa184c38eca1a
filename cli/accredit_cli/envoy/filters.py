"""The hardened HTTP connection manager, and in it the one filter that matters: ext_authz, first and failing closed."""

from envoy_data_plane.envoy.config.core import v3 as core
from envoy_data_plane.envoy.config.route import v3 as route
from envoy_data_plane.envoy.extensions.filters.http.ext_authz import v3 as ext_authz
from envoy_data_plane.envoy.extensions.filters.http.router import v3 as router
from envoy_data_plane.envoy.extensions.filters.network.http_connection_manager import v3 as hcm
from envoy_data_plane.envoy.type import v3 as envoy_type

from accredit_cli.envoy.access_log import access_log
from accredit_cli.envoy.clusters import AUTHORIZER, UPSTREAM
from accredit_cli.envoy.plan import Plan
from accredit_cli.envoy.sockets import packed, seconds

EXT_AUTHZ = "envoy.filters.http.ext_authz"
POLICY_EXTENSION = "accredit.dev/policy"


def connection_manager(plan: Plan) -> hcm.HttpConnectionManager:
    """Return the connection manager. Each setting closes a way by which two readers of a request may differ."""
    limits = plan.limits
    return hcm.HttpConnectionManager(
        stat_prefix="accredit",
        normalize_path=True,
        merge_slashes=True,
        path_with_escaped_slashes_action=hcm.HttpConnectionManagerPathWithEscapedSlashesAction.REJECT_REQUEST,
        strip_any_host_port=True,
        strip_trailing_host_dot=True,
        use_remote_address=True,
        common_http_protocol_options=core.HttpProtocolOptions(
            # x_agent_id would reach the upstream beside x-agent-id, and many frameworks read both as one.
            headers_with_underscores_action=core.HttpProtocolOptionsHeadersWithUnderscoresAction.REJECT_REQUEST,
            max_headers_count=100,
            max_stream_duration=seconds(limits.stream_duration_s),
            idle_timeout=seconds(limits.idle_timeout_s),
        ),
        http2_protocol_options=core.Http2ProtocolOptions(max_concurrent_streams=100),
        request_headers_timeout=seconds(min(10.0, limits.request_timeout_s)),
        request_timeout=seconds(limits.request_timeout_s),
        stream_idle_timeout=seconds(limits.idle_timeout_s),
        http_filters=[
            hcm.HttpFilter(name=EXT_AUTHZ, typed_config=packed(check(plan))),
            hcm.HttpFilter(name="envoy.filters.http.router", typed_config=packed(router.Router())),
        ],
        route_config=_routes(plan),
        access_log=[access_log(plan.access_log)],
    )


def check(plan: Plan) -> ext_authz.ExtAuthz:
    """Return the ext_authz filter: an authorizer that is down, slow or wrong is a 503, never an allow."""
    return ext_authz.ExtAuthz(
        transport_api_version=core.ApiVersion.V3,
        grpc_service=core.GrpcService(
            envoy_grpc=core.GrpcServiceEnvoyGrpc(
                cluster_name=AUTHORIZER,
                # A check changes nothing, so one on a connection that just died is asked again.
                retry_policy=core.RetryPolicy(retry_on="connect-failure,refused-stream,reset", num_retries=1),
            ),
            timeout=seconds(plan.limits.check_timeout_s),
        ),
        failure_mode_allow=False,
        status_on_error=envoy_type.HttpStatus(code=envoy_type.StatusCode.ServiceUnavailable),
        validate_mutations=True,
        include_peer_certificate=True,
        with_request_body=ext_authz.BufferSettings(
            max_request_bytes=plan.limits.body_bytes, allow_partial_message=False, pack_as_bytes=True
        ),
    )


def _routes(plan: Plan) -> route.RouteConfiguration:
    forward = route.Route(
        match=route.RouteMatch(prefix="/"),
        route=route.RouteAction(
            cluster=UPSTREAM,
            timeout=seconds(plan.limits.response_timeout_s),
            idle_timeout=seconds(plan.limits.idle_timeout_s),
        ),
    )
    host = route.VirtualHost(name=UPSTREAM, domains=list(plan.hosts), routes=[forward])
    if plan.policy is not None:
        pinned = ext_authz.CheckSettings(context_extensions={POLICY_EXTENSION: plan.policy})
        host.typed_per_filter_config = {EXT_AUTHZ: packed(ext_authz.ExtAuthzPerRoute(check_settings=pinned))}
    return route.RouteConfiguration(name=UPSTREAM, virtual_hosts=[host])
