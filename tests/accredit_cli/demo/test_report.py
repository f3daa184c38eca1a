"""The table on the terminal."""

import io

import pytest
from rich.console import Console

from accredit_cli.demo.player import Played
from accredit_cli.demo.report import Report
from accredit_cli.demo.senders import Outcome
from accredit_cli.demo.steps import Step
from accredit_extauthz.model.reason import Reason

ALLOWED = Played(
    Step(shows="reads", reason=Reason.ALLOWED, scopes=("a",)),
    Outcome(200, "allowed", told={"x-user-uid": "alice", "x-agent-chain": "research/planner"}),
    took_s=0.0421,
    problems=(),
)
OTHERWISE = Played(Step(shows="writes", reason=Reason.SCOPE_MISSING), Outcome(503, ""), None, ("no reason",))


def printed(*rows, width=160):
    file = io.StringIO()
    report = Report(Console(file=file, width=width))
    report.heading()
    for row in rows:
        report.row(row)
    went = report.summary(1.0)
    return went, file.getvalue()


@pytest.mark.parametrize("width", [80, 100, 160, 240])
def test_a_row_says_who_through_whom_which_tool_the_verdict_and_what_arrived(width):
    went, text = printed(ALLOWED, width=width)
    assert went
    for word in ("alice", "planner", "contacts.search", "allow", "allowed", "after 42 ms", "x-user-uid: alice"):
        assert word in text
    assert max(len(line.rstrip()) for line in text.splitlines()) <= width


def test_one_step_that_went_otherwise_fails_the_story_and_says_why():
    went, text = printed(ALLOWED, OTHERWISE)
    assert not went
    assert "no reason" in text
    assert "1 of 2 steps" in text
