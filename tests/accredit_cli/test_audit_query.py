import json

import pytest

from accredit_cli.audit_query import AuditUnreadable, Question, search

_START = 1_800_000_000  # 2027-01-15T08:00:00Z


def record(**changes):
    whole = {
        "v": 1,
        "time": "2027-01-15T08:00:00.000001Z",
        "decision_id": "d-1",
        "request_id": None,
        "trace_id": None,
        "decision": "allow",
        "reason": "allowed",
        "message": "",
        "policy": {"namespace": "crm", "name": "crm", "rule": "read", "mode": "Enforce", "generation": 3},
        "snapshot": {"sequence": 7, "digest": "sha256:0"},
        "user": {"issuer": "https://idp.example", "subject": "alice", "email": "a@example.com", "tenant": None},
        "agent": {"namespace": "crm", "name": "scribe"},
        "chain": [
            {"issuer": "https://idp.example", "subject": "agent:p", "namespace": "research", "name": "planner"},
            {"issuer": "https://idp.example", "subject": "agent:s", "namespace": "crm", "name": "scribe"},
        ],
        "token": {
            "id": "t",
            "issued_at": "2027-01-15T07:59:00Z",
            "expires_at": "2027-01-15T08:09:00Z",
            "thumbprint": "x",
        },
        "scopes": {"token": ["a"], "effective": ["a"], "required": ["a"]},
        "operation": {
            "protocol": "MCP",
            "method": "tools/call",
            "tool": "contacts.search",
            "path": "/mcp",
            "arguments_digest": None,
        },
        "target": {"host": "mcp.example", "destination": None},
        "peer": {"spiffe_id": None, "address": "10.0.0.1"},
        "latency_us": 42,
    }
    return whole | changes


def lines(*records):
    return "".join(json.dumps(each) + "\n" for each in records)


@pytest.fixture
def file(tmp_path):
    def write(text, name="audit.jsonl"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize(
    ("changes", "asked", "fits"),
    [
        pytest.param({}, {}, True, id="a question without conditions finds all"),
        pytest.param({}, {"user": "alice"}, True, id="a user is found by subject"),
        pytest.param({}, {"user": "a@example.com"}, True, id="a user is found by email"),
        pytest.param({}, {"user": "ali"}, False, id="a part of a subject finds nobody"),
        pytest.param({"user": None}, {"user": "alice"}, False, id="a record without a user fits no user"),
        pytest.param({}, {"agent": "scribe"}, True, id="an agent is found by its name"),
        pytest.param({}, {"agent": "crm/scribe"}, True, id="an agent is found by namespace and name"),
        pytest.param({}, {"agent": "research/scribe"}, False, id="another namespace's agent is another agent"),
        pytest.param({}, {"agent": "planner"}, False, id="an earlier hop is not the agent that called"),
        pytest.param({}, {"through": "planner"}, True, id="an earlier hop is one of those it went through"),
        pytest.param({}, {"through": "crm/scribe"}, True, id="the current actor is one of those it went through"),
        pytest.param({"chain": []}, {"through": "planner"}, False, id="an empty chain went through nobody"),
        pytest.param({"chain": None}, {"through": "planner"}, False, id="an absent chain went through nobody"),
        pytest.param({}, {"tool": "contacts.search"}, True, id="a tool is found"),
        pytest.param({}, {"tool": "contacts.*"}, False, id="a star in a tool is a star"),
        pytest.param({}, {"decision": "deny"}, False, id="another decision does not fit"),
        pytest.param({"reason": "scope_missing"}, {"reason": "scope_missing"}, True, id="a reason is found"),
        pytest.param({}, {"since": _START}, True, id="since includes its second"),
        pytest.param({}, {"since": _START + 1}, False, id="since leaves out what was before"),
        pytest.param({}, {"until": _START + 1}, True, id="until includes what was before"),
        pytest.param({}, {"until": _START}, False, id="until leaves out its second"),
        pytest.param({}, {"user": "alice", "tool": "other"}, False, id="every condition must hold"),
        pytest.param({}, {"user": "x' OR '1'='1"}, False, id="a value is no SQL"),
    ],
)
def test_a_record_is_found_by_what_it_says(file, changes, asked, fits):
    found = search([file(lines(record(**changes)))], Question(**asked))
    assert bool(found.records) is fits


def test_a_record_comes_back_as_it_was_written(file):
    written = record()
    assert search([file(lines(written))], Question()).records == (written,)


def test_unverified_stands_where_it_was_written_and_nowhere_else(file):
    unproved = record(user={"issuer": "i", "subject": "s", "email": None, "tenant": None, "unverified": True})
    found = search([file(lines(unproved, record()))], Question())
    assert sorted("unverified" in each["user"] for each in found.records) == [False, True]


def test_the_newest_records_come_oldest_first_from_all_files(file):
    times = [f"2027-01-15T08:00:0{second}.000000Z" for second in range(4)]
    first = file(lines(record(time=times[0]), record(time=times[3])), "a.jsonl")
    second = file(lines(record(time=times[1]), record(time=times[2])), "b.jsonl")
    found = search([first, second], Question(limit=3))
    assert [each["time"] for each in found.records] == times[1:]


def test_a_torn_last_line_is_counted_and_hides_nothing(file):
    found = search([file(lines(record()) + '{"v":1,"time":"2027-0')], Question())
    assert (len(found.records), found.unreadable) == (1, 1)


def test_an_empty_file_holds_no_records(file):
    assert search([file("")], Question()).records == ()


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(AuditUnreadable, match=r"nowhere\.jsonl"):
        search([tmp_path / "nowhere.jsonl"], Question())
