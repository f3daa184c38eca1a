"""The rendered bootstrap. Whether Envoy takes it is asked of Envoy itself, in tests/real/envoy."""

import pytest

from accredit_cli.envoy.bootstrap import render
from accredit_cli.envoy.plan import Address, ClientTls, Limits, Plan, ServerTls, parse_address

PLAN = Plan(
    listen=Address("127.0.0.1", 10000), upstream=Address("127.0.0.1", 8000), authorizer=Address("127.0.0.1", 9001)
)
TLS = ServerTls("cert.pem", "key.pem", "ca.pem")


def planned(**changes):
    return Plan(**{name: getattr(PLAN, name) for name in PLAN.__slots__} | changes)


def listener(rendered):
    return rendered["static_resources"]["listeners"][0]


def manager(rendered):
    return listener(rendered)["filter_chains"][0]["filters"][0]["typed_config"]


def ext_authz(rendered):
    return manager(rendered)["http_filters"][0]["typed_config"]


def cluster(rendered, name):
    return next(each for each in rendered["static_resources"]["clusters"] if each["name"] == name)


def every_key(value):
    if isinstance(value, dict):
        return set(value) | {key for each in value.values() for key in every_key(each)}
    if isinstance(value, list):
        return {key for each in value for key in every_key(each)}
    return set()


FULL = planned(
    listener_tls=TLS,
    upstream_tls=ClientTls("ca.pem", "crm.example", None, None),
    authorizer_tls=ClientTls("ca.pem", "spiffe://cluster.local/ns/a/sa/b", "cert.pem", "key.pem"),
    policy="crm/crm",
    admin=Address("127.0.0.1", 9901),
)


@pytest.mark.parametrize("plan", [PLAN, FULL], ids=["the least", "with everything"])
def test_nothing_that_lets_a_request_pass_unchecked_is_ever_rendered(plan):
    forbidden = {"failure_mode_allow", "allow_partial_message", "upgrade_configs", "trust_chain_verification"}
    assert not every_key(render(plan)) & (
        forbidden | {"clear_route_cache", "disabled", "filter_enabled", "shadow_mode"}
    )


def test_the_authorizer_is_asked_first_with_the_whole_body_and_an_outage_is_503():
    names = [each["name"] for each in manager(render(PLAN))["http_filters"]]
    assert names == ["envoy.filters.http.ext_authz", "envoy.filters.http.router"]
    asked = ext_authz(render(PLAN))
    assert asked["with_request_body"] == {"max_request_bytes": 65536, "pack_as_bytes": True}
    assert asked["status_on_error"] == {"code": "ServiceUnavailable"}
    assert asked["grpc_service"]["timeout"] == "0.500s"
    assert asked["validate_mutations"] is True
    assert asked["include_peer_certificate"] is True
    assert asked["transport_api_version"] == "V3"


def test_requests_that_two_readers_could_read_differently_are_refused_or_made_plain():
    hardened = manager(render(PLAN))
    assert hardened["normalize_path"] is True
    assert hardened["merge_slashes"] is True
    assert hardened["path_with_escaped_slashes_action"] == "REJECT_REQUEST"
    assert hardened["strip_any_host_port"] is True
    assert hardened["strip_trailing_host_dot"] is True
    assert hardened["common_http_protocol_options"]["headers_with_underscores_action"] == "REJECT_REQUEST"
    assert hardened["common_http_protocol_options"]["max_headers_count"] == 100


def test_time_and_size_are_bounded():
    hardened = manager(render(planned(limits=Limits(stream_duration_s=60, request_timeout_s=5, body_bytes=10))))
    assert hardened["common_http_protocol_options"]["max_stream_duration"] == "60s"
    assert hardened["request_timeout"] == "5s"
    assert hardened["stream_idle_timeout"] == "300s"
    assert hardened["http_filters"][0]["typed_config"]["with_request_body"]["max_request_bytes"] == 10


def test_a_client_ca_makes_client_certificates_a_must():
    socket = listener(render(planned(listener_tls=TLS)))["filter_chains"][0]["transport_socket"]["typed_config"]
    assert socket["require_client_certificate"] is True
    assert socket["common_tls_context"]["validation_context"]["trusted_ca"] == {"filename": "ca.pem"}


@pytest.mark.parametrize(
    ("name", "kind", "sni"),
    [("authz.example", "DNS", "authz.example"), ("spiffe://cluster.local/ns/a/sa/b", "URI", None)],
)
def test_a_peer_must_carry_the_name_it_is_known_by(name, kind, sni):
    rendered = render(planned(authorizer_tls=ClientTls("ca.pem", name, None, None)))
    socket = cluster(rendered, "accredit")["transport_socket"]["typed_config"]
    validation = socket["common_tls_context"]["validation_context"]
    assert validation["match_typed_subject_alt_names"] == [{"san_type": kind, "matcher": {"exact": name}}]
    assert socket.get("sni") == sni
    assert socket["common_tls_context"]["alpn_protocols"] == ["h2"]


def test_the_authorizer_is_reached_over_http2():
    options = cluster(render(PLAN), "accredit")["typed_extension_protocol_options"]
    (only,) = options.values()
    assert "http2_protocol_options" in only["explicit_http_config"]


@pytest.mark.parametrize(
    ("address", "kind"),
    [("127.0.0.1:9", "STATIC"), ("[::1]:9", "STATIC"), ("unix:/s", "STATIC"), ("authz.example:9", "STRICT_DNS")],
)
def test_names_are_resolved_and_addresses_are_not(address, kind):
    # STATIC is Envoy's default, which protobuf's JSON may leave out.
    assert cluster(render(planned(authorizer=parse_address(address))), "accredit").get("type", "STATIC") == kind


def test_a_pinned_policy_is_told_to_the_authorizer():
    host = manager(render(planned(policy="crm/crm")))["route_config"]["virtual_hosts"][0]
    settings = host["typed_per_filter_config"]["envoy.filters.http.ext_authz"]["check_settings"]
    assert settings == {"context_extensions": {"accredit.dev/policy": "crm/crm"}}


def test_the_access_log_names_the_decision_and_never_the_query():
    log = manager(render(planned(access_log="/log.jsonl")))["access_log"][0]["typed_config"]
    fields = log["log_format"]["json_format"]
    assert log["path"] == "/log.jsonl"
    assert fields["decision_id"] == "%DYNAMIC_METADATA(envoy.filters.http.ext_authz:decision_id)%"
    assert fields["path"] == "%PATH(NQ)%"


def test_there_is_no_admin_port_unless_it_is_asked_for():
    assert "admin" not in render(PLAN)
    assert render(FULL)["admin"]["address"]["socket_address"]["port_value"] == 9901
