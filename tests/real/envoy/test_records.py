"""One request, three records: the answer, the audit line and Envoy's access log share the decision's id."""

import json
import time

PATH = "/v1/contacts/ada"


def records(path, key, value):
    lines = path.read_text().splitlines() if path.exists() else []
    return [record for record in map(json.loads, lines) if record.get(key) == value]


def awaited(path, key, value):
    """Envoy writes its log when the stream is over, in batches."""
    deadline = time.monotonic() + 15
    while not (found := records(path, key, value)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def test_a_denial_is_found_in_the_audit_by_the_id_the_caller_was_given(api):
    answer = api.call("/v1/contacts/secret", api.bearer())
    (record,) = records(api.stack.workspace.audit, "decision_id", answer.headers["x-accredit-decision"])
    assert (record["decision"], record["reason"]) == ("deny", "rule_denied")
    assert record["user"]["subject"] == "alice"
    assert record["policy"]["name"] == "api"


def test_an_allow_is_found_in_the_audit_by_the_id_the_upstream_was_given(api):
    (decision,) = api.call(PATH, api.bearer()).told("x-accredit-decision")
    (record,) = records(api.stack.workspace.audit, "decision_id", decision)
    assert (record["decision"], record["agent"]) == ("allow", {"namespace": "research", "name": "planner"})


def test_no_record_holds_a_token(api):
    bearer = api.bearer()
    api.call(PATH, bearer)
    signature = bearer["authorization"].rpartition(".")[2]
    assert signature not in api.stack.workspace.audit.read_text()


def test_envoys_own_log_names_the_decision(api):
    (decision,) = api.call(PATH, api.bearer()).told("x-accredit-decision")
    (line,) = awaited(api.stack.workspace.access_log, "decision_id", decision)
    assert (line["status"], line["reason"], line["path"]) == (200, "allowed", PATH)
