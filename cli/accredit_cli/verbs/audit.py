"""`accredit audit query`: who called what, through whom, and why it was refused."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from accredit_cli.audit_query import AuditUnreadable, Found, Question, search
from accredit_cli.moments import MomentUnreadable, read_moment
from accredit_cli.render import Output, OutputOption, fail, show, table, warn
from accredit_extauthz.model.decision import Ruling
from accredit_extauthz.model.reason import Reason

app = typer.Typer(no_args_is_help=True, help="Search the audit records.")

_HEADINGS = ("TIME", "DECISION", "REASON", "USER", "CHAIN", "OPERATION", "POLICY", "RULE")


@app.callback()
def _audit() -> None:
    """Search the audit records."""


@app.command(
    "query",
    epilog="Examples:\n\naccredit audit query audit.jsonl --since 1h --decision deny"
    "\n\naccredit audit query audit.jsonl --user alice --through research/planner -o json",
)
def query(  # noqa: PLR0913 -- one parameter an option
    *,
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Files of ACCREDIT_AUDIT=file:PATH.")],
    user: Annotated[str | None, typer.Option(metavar="SUBJECT|EMAIL", help="For whom.")] = None,
    agent: Annotated[str | None, typer.Option(metavar="[NAMESPACE/]NAME", help="The agent that called.")] = None,
    through: Annotated[str | None, typer.Option(metavar="[NAMESPACE/]NAME", help="Any agent of the chain.")] = None,
    tool: Annotated[str | None, typer.Option(help="The tool, resource or prompt.")] = None,
    decision: Annotated[Ruling | None, typer.Option(help="How it was decided.")] = None,
    reason: Annotated[Reason | None, typer.Option(metavar="REASON", help="Why; docs/reasons.md lists all.")] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME|DURATION", help="2026-11-24T10:00:00Z, or 1h.")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME|DURATION", help="Before this time.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="The newest this many.")] = 100,
    output: OutputOption = Output.TABLE,
) -> None:
    """Print the newest audit records that fit every option, oldest first.

    Lines that are no records, as the last one of a file that is being written, are counted and left out.
    """
    now = int(time.time())  # noqa: TID251 -- durations are meant from the moment of the command
    try:
        question = Question(
            user=user,
            agent=agent,
            through=through,
            tool=tool,
            decision=None if decision is None else decision.value,
            reason=None if reason is None else reason.value,
            since=None if since is None else read_moment(since, now),
            until=None if until is None else read_moment(until, now),
            limit=limit,
        )
        found = search(files, question)
    except (MomentUnreadable, AuditUnreadable) as error:
        raise fail(str(error)) from error
    if found.unreadable:
        warn(f"lines that are no audit records, left out: {found.unreadable}")
    show(output, list(found.records), lambda: _drawn(found))


def _drawn(found: Found) -> str:
    return table(_HEADINGS, (_row(record) for record in found.records))


def _row(record: Mapping[str, Any]) -> tuple[str, ...]:
    policy, operation = record["policy"] or {}, record["operation"] or {}
    return (
        record["time"],
        record["decision"],
        record["reason"],
        _user(record["user"]),
        ">".join(_agent(hop) for hop in record["chain"] or ()) or "-",
        f"{operation.get('method') or '-'} {operation.get('tool') or operation.get('path') or ''}".rstrip(),
        f"{policy['namespace']}/{policy['name']}" if policy else "-",
        policy.get("rule") or "-",
    )


def _user(user: Mapping[str, Any] | None) -> str:
    if user is None:
        return "-"
    return f"{user['subject']} (unverified)" if user.get("unverified") else str(user["subject"])


def _agent(hop: Mapping[str, Any]) -> str:
    """Name a hop; one that no AgentIdentity claims, by its subject."""
    return f"{hop['namespace']}/{hop['name']}" if hop["name"] else f"?{hop['subject']}"
