"""Manifests are edited while requests come."""

import time

import pytest

from accredit_cli.demo.workspace import replace, write_field

PATH = "/v1/contacts/ada"
WITHIN_S = 5.0


def reason_soon(api, reason, **token):
    """The reason of the first answer that has `reason`, else of the last within five seconds."""
    deadline = time.monotonic() + WITHIN_S
    headers = api.bearer(**token)
    while (answer := api.call(PATH, headers)).reason != reason and time.monotonic() < deadline:
        time.sleep(0.02)
    return answer.reason


@pytest.fixture
def edited(api):
    """Gives the path of a manifest, and puts its text back afterwards, until it serves again."""
    changed = {}

    def path(name):
        found = api.stack.workspace.manifests / name
        changed.setdefault(found, found.read_text())
        return found

    yield path
    for found, text in changed.items():
        replace(found, text)
    assert reason_soon(api, None) is None


def complained(api, name, before):
    deadline = time.monotonic() + WITHIN_S
    while (count := api.stack.operator.log.read_text().count(name)) == before and time.monotonic() < deadline:
        time.sleep(0.02)
    return count > before


def test_a_suspended_agent_is_refused_with_a_token_that_was_good(api, edited):
    headers = api.bearer()
    assert api.call(PATH, headers).status == 200
    write_field(edited("agents/planner.yaml"), ("spec", "suspended"), value=True)
    assert reason_soon(api, "agent_suspended") == "agent_suspended"
    assert api.call(PATH, headers).reason == "agent_suspended"


def test_a_file_that_is_no_yaml_is_complained_of_and_everything_serves_on(api, edited):
    path = edited("agents/editor.yaml")
    before = api.stack.operator.log.read_text().count(path.name)
    replace(path, path.read_text() + "  suspended: [\n")
    assert complained(api, path.name, before)
    assert api.call(PATH, api.bearer(agents=("editor",))).status == 200
    assert api.call(PATH, api.bearer()).status == 200


def test_an_invalid_agent_is_refused_and_the_others_serve_on(api, edited):
    write_field(edited("agents/planner.yaml"), ("spec", "scopes"), ["tool:*:read"])
    assert reason_soon(api, "agent_invalid") == "agent_invalid"
    assert api.call(PATH, api.bearer(agents=("editor",))).status == 200


def test_an_invalid_policy_denies_its_host(api, edited):
    write_field(edited("api.yaml"), ("spec", "protocol"), "GraphQL")
    assert reason_soon(api, "policy_invalid") == "policy_invalid"
