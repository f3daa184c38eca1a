"""An HTTP service behind a hardened Envoy: who passes, who does not, and that a refusal never arrives."""

import json

import pytest

CONTACT = "/v1/contacts/ada"


def test_an_agent_with_the_scope_reads(api):
    answer = api.call(CONTACT, api.bearer())
    assert (answer.status, json.loads(answer.body)["path"]) == (200, CONTACT)


@pytest.mark.parametrize(
    ("path", "method", "token", "status", "reason"),
    [
        pytest.param("/v1/contacts/secret", "GET", {}, 403, "rule_denied", id="a Deny rule"),
        pytest.param("/v1/other", "GET", {}, 403, "tool_not_listed", id="an unlisted path"),
        pytest.param(CONTACT, "DELETE", {}, 403, "tool_not_listed", id="an unlisted method"),
        pytest.param(CONTACT, "GET", {"scopes": ("other",)}, 403, "scope_missing", id="a missing scope"),
        pytest.param(CONTACT, "GET", {"audience": "https://mcp.example"}, 401, "token_audience", id="another audience"),
        pytest.param(CONTACT, "GET", {"tampered": True}, 401, "token_signature", id="a tampered signature"),
        pytest.param(CONTACT, "GET", {"age_s": 1200}, 401, "token_expired", id="an expired token"),
        pytest.param(CONTACT, "GET", {"agents": ()}, 403, "actor_missing", id="no agent"),
        pytest.param(CONTACT, "GET", {"user": "mallory", "groups": ()}, 403, "acts_for_not_granted", id="a stranger"),
    ],
)
def test_a_refusal_has_its_reason_and_does_not_reach_the_upstream(api, path, method, token, status, reason):
    before = len(api.echo.seen)
    answer = api.call(path, api.bearer(**token), method)
    assert (answer.status, answer.reason) == (status, reason)
    assert json.loads(answer.body)["type"] == f"urn:accredit:reason:{reason}"
    assert len(api.echo.seen) == before


def test_no_token_is_challenged(api):
    answer = api.call(CONTACT)
    assert (answer.status, answer.reason) == (401, "token_missing")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_two_tokens_are_no_token(api):
    headers = [*api.bearer().items(), *api.bearer().items()]
    assert api.call(CONTACT, headers).reason == "token_malformed"


@pytest.mark.parametrize("host", ["evil.example", "mcp.example.evil.example", "127.0.0.1", "api.example,evil.example"])
def test_a_host_without_a_policy_is_refused(api, host):
    answer = api.call(CONTACT, api.bearer(), host=host)
    assert answer.status in {400, 403}


@pytest.mark.parametrize("host", ["API.example", "api.example:8443", "api.example."])
def test_a_host_is_one_host_however_it_is_spelt(api, host):
    assert api.call(CONTACT, api.bearer(), host=host).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/v1/contacts/%73ecret",
        "/v1/contacts/./secret",
        "/v1/contacts//secret",
        "/v1/other/../contacts/secret",
        "/v1/contacts/secret;a=b",
        "/v1/contacts/x%2f..%2fsecret",
        "/v1/contacts/%252e%252e/secret",
        "/v1/contacts/secret%00",
        "/v1/contacts/a\\..\\secret",
        "/V1/contacts/secret",
    ],
)
def test_no_spelling_of_a_path_gets_round_a_deny_rule(api, path):
    before = len(api.echo.seen)
    assert api.call(path, api.bearer()).status in {400, 403}
    assert len(api.echo.seen) == before


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "get", "PATCH"])
def test_a_method_that_no_rule_names_is_refused(api, method):
    assert api.call(CONTACT, api.bearer(), method).status >= 400


def test_an_upgrade_is_refused(api):
    headers = api.bearer() | {"connection": "upgrade", "upgrade": "websocket"}
    assert api.call(CONTACT, headers).status in {400, 403}


def test_a_public_path_needs_no_token_and_carries_no_identity(api):
    answer = api.call("/healthz", {"x-user-uid": "root", "authorization": "Bearer x"})
    assert answer.status == 200
    assert not [name for name, _ in answer.upstream if name.startswith("x-user") or name == "authorization"]


def test_a_body_over_the_limit_is_refused_by_envoy_itself(api):
    before = len(api.echo.seen)
    assert api.call("/v1/contacts", api.bearer(), "POST", b"x" * 65_537).status == 413
    assert len(api.echo.seen) == before


def test_a_body_within_the_limit_arrives_whole(api):
    answer = api.call("/v1/contacts", api.bearer(), "POST", b"x" * 65_000)
    assert (answer.status, json.loads(answer.body)["size"]) == (200, 65_000)
