"""What the upstream is told, and by whom: Accredit alone."""

import pytest

PATH = "/v1/contacts/ada"
OWNED = ["x-user-uid", "x-user-issuer", "x-user-email", "x-tenant-id", "x-agent-id", "x-agent-chain", "x-agent-scopes"]


def test_the_upstream_is_told_the_user_the_agent_the_chain_and_the_scopes(api):
    answer = api.call(PATH, api.bearer(agents=("planner", "researcher"), scopes=("tool:crm:read", "openid")))
    assert answer.told("x-user-uid") == ["alice"]
    assert answer.told("x-user-issuer") == ["https://idp.example"]
    assert answer.told("x-agent-id") == ["research/researcher"]
    assert answer.told("x-agent-chain") == ["research/planner>research/researcher"]
    assert answer.told("x-agent-scopes") == ["tool:crm:read"]
    assert len(answer.told("x-accredit-decision")) == 1


def test_the_bearer_stays_behind(api):
    assert api.call(PATH, api.bearer()).told("authorization") == []


@pytest.mark.parametrize("name", [*OWNED, "x-accredit-decision"])
@pytest.mark.parametrize("spelling", [str.lower, str.upper, str.title])
def test_a_caller_cannot_say_who_it_is(api, name, spelling):
    answer = api.call(PATH, api.bearer() | {spelling(name): "root"})
    assert answer.status == 200
    assert "root" not in [value for _, value in answer.upstream]


def test_a_caller_cannot_say_it_twice(api):
    headers = [*api.bearer().items(), ("X-User-Uid", "root"), ("x-user-uid", "root")]
    assert api.call(PATH, headers).told("x-user-uid") == ["alice"]


@pytest.mark.parametrize("name", ["x_user_uid", "X_Agent_Id", "x-agent_id", "anything_at_all"])
def test_a_header_with_an_underscore_is_refused_by_envoy(api, name):
    before = len(api.echo.seen)
    assert api.call(PATH, api.bearer() | {name: "root"}).status == 400
    assert len(api.echo.seen) == before


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-Original-URL", "X-Rewrite-URL"])
def test_headers_that_would_change_what_was_checked_are_removed(api, name):
    answer = api.call(PATH, api.bearer() | {name: "DELETE"})
    assert answer.status == 200
    assert "DELETE" not in [value for _, value in answer.upstream]
