"""A Plan as a complete bootstrap, ready for `envoy -c`."""

import betterproto2
from envoy_data_plane.envoy.config.bootstrap import v3 as bootstrap
from envoy_data_plane.envoy.config.listener import v3 as listener

from accredit_cli.envoy.clusters import authorizer, upstream
from accredit_cli.envoy.filters import connection_manager
from accredit_cli.envoy.plan import Plan
from accredit_cli.envoy.sockets import packed, server_socket, socket_address

_CONNECTION_MANAGER = "envoy.filters.network.http_connection_manager"


def render(plan: Plan) -> dict[str, object]:
    """Return the bootstrap as plain JSON values, with the field names of Envoy's own documentation."""
    message = bootstrap.Bootstrap(
        static_resources=bootstrap.BootstrapStaticResources(
            listeners=[_listener(plan)], clusters=[upstream(plan), authorizer(plan)]
        ),
        admin=None if plan.admin is None else bootstrap.Admin(address=socket_address(plan.admin)),
    )
    rendered: dict[str, object] = message.to_dict(casing=betterproto2.Casing.SNAKE)
    return rendered


def _listener(plan: Plan) -> listener.Listener:
    manager = listener.Filter(name=_CONNECTION_MANAGER, typed_config=packed(connection_manager(plan)))
    chain = listener.FilterChain(
        filters=[manager],
        transport_socket=None if plan.listener_tls is None else server_socket(plan.listener_tls),
    )
    return listener.Listener(name="ingress", address=socket_address(plan.listen), filter_chains=[chain])
