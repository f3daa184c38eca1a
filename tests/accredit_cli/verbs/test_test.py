import json

import pytest

_SUITE = """\
manifests: [manifests]
at: 2027-01-15T08:00:00Z
request:
  host: mcp.crm.example
  path: /mcp
  mcp: {method: tools/call, params: {name: contacts.search}}
token:
  issuer: corp-idp
  claims: {sub: alice, aud: https://crm.example, scope: tool:crm:read, act: {sub: agent:planner}}
cases:
- case: an agent reads
  expect: {verdict: allow, reason: allowed, rule: read}
- case: an agent writes
  request: {mcp: {params: {name: contacts.update}}}
  expect: {verdict: allow, reason: allowed, headers: {x-user-uid: alice}}
"""


@pytest.fixture
def suite(manifests):
    file = manifests.parent / "suite.yaml"
    file.write_text(_SUITE)
    return file


def test_cases_that_come_out_as_they_say_pass(run, suite):
    suite.write_text(_SUITE.partition("- case: an agent writes")[0])
    done = run("test", suite)
    assert done.exit_code == 0
    assert done.stdout == "1 passed in 1 file\n"


def test_a_difference_is_shown_with_both_sides(run, suite):
    done = run("test", suite)
    lines = [line.split(maxsplit=3) for line in done.stdout.splitlines()]
    assert done.exit_code == 1
    assert lines[0][:2] == ["failed", f"{suite}:13"]
    assert ["verdict", "expected", "allow"] in lines
    assert ["found", "deny"] in lines
    assert ["reason", "expected", "allowed"] in lines
    assert any(line[:2] == ["found", "scope_missing:"] for line in lines)
    assert done.stdout.endswith("1 passed, 1 failed in 1 file\n")


def test_every_case_is_a_value_for_programs(run, suite):
    first, second = json.loads(run("test", suite, "-o", "json").stdout)
    assert (first["passed"], first["found"]["rule"]) == (True, "read")
    assert (second["passed"], second["found"]["reason"]) == (False, "scope_missing")
    assert {each["what"] for each in second["differences"]} == {"verdict", "reason", "header x-user-uid"}


def test_a_folder_is_searched_for_scenarios_and_its_manifests_are_none(run, suite):
    done = run("test", suite.parent, "--verbose")
    assert [line.split()[0] for line in done.stdout.splitlines() if ".yaml:" in line] == ["passed", "failed"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        pytest.param("reason: allowed, rule", "reson: allowed, rule", "cases[0].expect", id="an unknown member"),
        pytest.param("reason: allowed, rule", "reason: fine, rule", "cases[0].expect.reason", id="an unknown reason"),
        pytest.param("at: 2027-01-15T08:00:00Z\n", "", "cases[0].at", id="no time"),
        pytest.param("at: 2027-01-15T08:00:00Z", "at: noon", "cases[0].at", id="a time that is none"),
        pytest.param("issuer: corp-idp", "issuer: nobody", "TrustedIssuer nobody", id="an issuer that is not there"),
        pytest.param("manifests: [manifests]", "manifests: [gone]", "gone", id="manifests that are not there"),
        pytest.param("cases:", "cases: [", "suite.yaml:", id="no YAML"),
        pytest.param("cases:", "examples:", "cases", id="no cases"),
        pytest.param(
            "- case: an agent reads",
            "- case: an agent reads\n  with: {ToolPolicy/crm/gone: null}",
            "ToolPolicy/crm/gone",
            id="an object to leave out that is not there",
        ),
        pytest.param(
            "- case: an agent reads",
            "- case: an agent reads\n  with: {Policy/crm/x: {spec: {}}}",
            "Policy/crm/x",
            id="an object of no kind",
        ),
        pytest.param(
            "- case: an agent reads",
            "- case: an agent reads\n  token: {signedBy: test-7}",
            "test-7",
            id="a key that is not there",
        ),
    ],
)
def test_a_file_that_cannot_be_run_is_an_error_that_names_the_place(run, suite, before, after, said):
    assert before in _SUITE
    suite.write_text(_SUITE.replace(before, after, 1))
    done = run("test", suite)
    assert done.exit_code == 2
    assert str(suite.parent) in done.stderr
    assert said in done.stderr


def test_an_object_that_is_not_accepted_fails_a_case_that_does_not_expect_it(run, suite):
    text = _SUITE.partition("- case: an agent writes")[0]
    changed = "- case: an agent reads\n  with: {AgentIdentity/crm/scribe: {spec: {scopes: null}}}"
    suite.write_text(text.replace("- case: an agent reads", changed))
    (case,) = json.loads(run("test", suite, "-o", "json").stdout)
    assert [each["what"] for each in case["differences"]] == ["object AgentIdentity/crm/scribe"]


def test_a_folder_without_scenarios_is_an_error(run, manifests):
    assert run("test", manifests).exit_code == 2


@pytest.mark.parametrize(
    ("expected", "what"),
    [
        pytest.param("policy: crm/api", "policy", id="another policy"),
        pytest.param("rule: write", "rule", id="another rule"),
        pytest.param("status: 403", "status", id="another status"),
        pytest.param("headers: {x-user-uid: bob}", "header x-user-uid", id="another value of a header"),
        pytest.param("headers: {x-user-email: ''}", "header x-user-email", id="a header that is not there"),
        pytest.param("present: [Authorization]", "header Authorization", id="a header that was removed"),
        pytest.param("absent: [X-Agent-Id]", "header X-Agent-Id", id="a header that is there"),
        pytest.param("body: {}", "body", id="a body where the request passes"),
    ],
)
def test_each_expectation_can_fail(run, suite, expected, what):
    text = _SUITE.partition("- case: an agent writes")[0]
    suite.write_text(text.replace(", rule: read}", f", {expected}}}"))
    (case,) = json.loads(run("test", suite, "-o", "json").stdout)
    assert [each["what"] for each in case["differences"]] == [what]


@pytest.mark.parametrize(
    ("body", "passes"),
    [
        pytest.param("{id: 1, error: {code: -32003}}", True, id="members that are left out do not matter"),
        pytest.param("{error: {code: -32001}}", False, id="another value"),
        pytest.param("{error: {remedy: x}}", False, id="a member that is not there"),
        pytest.param("{error: {code: {deep: 1}}}", False, id="another shape"),
    ],
)
def test_the_body_of_a_denial_is_compared_member_by_member(run, suite, body, passes):
    text = _SUITE.replace("- case: an agent reads\n  expect: {verdict: allow, reason: allowed, rule: read}\n", "")
    denied = f"{{verdict: deny, reason: scope_missing, body: {body}}}"
    suite.write_text(text.replace("{verdict: allow, reason: allowed, headers: {x-user-uid: alice}}", denied))
    (case,) = json.loads(run("test", suite, "-o", "json").stdout)
    assert case["passed"] is passes


def test_a_refusal_of_an_object_that_is_expected_must_come(run, suite):
    text = _SUITE.partition("- case: an agent writes")[0]
    suite.write_text(text.replace("  expect", "  refused: {AgentIdentity/crm/scribe: Invalid}\n  expect"))
    (case,) = json.loads(run("test", suite, "-o", "json").stdout)
    assert [each["what"] for each in case["differences"]] == ["object AgentIdentity/crm/scribe"]
