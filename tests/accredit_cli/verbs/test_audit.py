import json
import time

import pytest

_NOW = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime())


def record(**changes):
    whole = {
        "v": 1,
        "time": _NOW,
        "decision": "deny",
        "reason": "scope_missing",
        "policy": {"namespace": "crm", "name": "tools", "rule": "write"},
        "user": {"issuer": "https://idp.example", "subject": "alice"},
        "agent": {"namespace": "research", "name": "planner"},
        "chain": [{"issuer": "https://idp.example", "subject": "a:p", "namespace": "research", "name": "planner"}],
        "operation": {"protocol": "MCP", "method": "tools/call", "tool": "contacts.update", "path": "/mcp"},
    }
    return json.dumps(whole | changes) + "\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "audit.jsonl"
    path.write_text(record() + record(decision="allow", reason="allowed", time="2026-01-01T00:00:00.000000Z"))
    return path


def test_the_table_says_who_called_what_through_whom_and_why(run, file):
    done = run("audit", "query", file, "--decision", "deny")
    row = "deny scope_missing alice research/planner tools/call contacts.update crm/tools write"
    assert done.exit_code == 0
    assert done.stdout.splitlines()[1].split() == [_NOW, *row.split()]


def test_a_duration_counts_back_from_now(run, file):
    found = json.loads(run("audit", "query", file, "--since", "1h", "-o", "json").stdout)
    assert [each["reason"] for each in found] == ["scope_missing"]


def test_nothing_found_is_an_answer(run, file):
    done = run("audit", "query", file, "--user", "nobody", "-o", "json")
    assert (done.exit_code, json.loads(done.stdout)) == (0, [])


def test_what_a_sender_chose_cannot_move_the_cursor(run, file):
    file.write_text(record(user={"issuer": "i", "subject": "\x1b[2Jroot\n", "unverified": True}))
    shown = run("audit", "query", file).stdout
    assert r"\x1b[2Jroot\n (unverified)" in shown
    assert "\x1b" not in shown


def test_lines_that_are_no_records_are_counted(run, file):
    file.write_text(file.read_text() + '{"v": 1, "ti')
    done = run("audit", "query", file)
    assert done.exit_code == 0
    assert done.stderr.rstrip().endswith(": 1")


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["--since", "yesterday"], id="a time that is none"),
        pytest.param(["--decision", "maybe"], id="a decision that is none"),
        pytest.param(["--reason", "because"], id="a reason that is none"),
        pytest.param(["--limit", "0"], id="a limit of nothing"),
    ],
)
def test_an_option_that_makes_no_sense_is_wrong_usage(run, file, words):
    assert run("audit", "query", file, *words).exit_code == 2


def test_a_missing_file_is_an_error(run, tmp_path):
    done = run("audit", "query", tmp_path / "nowhere.jsonl")
    assert done.exit_code == 2
    assert "nowhere.jsonl" in done.stderr
