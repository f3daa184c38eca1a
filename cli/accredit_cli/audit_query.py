"""Finds audit records in JSON Lines files, with DuckDB.

The columns are those of the record's schema, version 1, with their types: nothing is guessed from the data, and
whatever a sender wrote into a record is compared as a value, never as SQL.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

_COLUMNS = {
    "v": "INTEGER",
    "time": "TIMESTAMP",
    "decision_id": "VARCHAR",
    "request_id": "VARCHAR",
    "trace_id": "VARCHAR",
    "decision": "VARCHAR",
    "reason": "VARCHAR",
    "message": "VARCHAR",
    "policy": "STRUCT(namespace VARCHAR, name VARCHAR, rule VARCHAR, mode VARCHAR, generation BIGINT)",
    "snapshot": "STRUCT(sequence BIGINT, digest VARCHAR)",
    "user": "STRUCT(issuer VARCHAR, subject VARCHAR, email VARCHAR, tenant VARCHAR, unverified BOOLEAN)",
    "agent": "STRUCT(namespace VARCHAR, name VARCHAR)",
    "chain": "STRUCT(issuer VARCHAR, subject VARCHAR, namespace VARCHAR, name VARCHAR)[]",
    "token": "STRUCT(id VARCHAR, issued_at VARCHAR, expires_at VARCHAR, thumbprint VARCHAR)",
    "scopes": "STRUCT(token VARCHAR[], effective VARCHAR[], required VARCHAR[])",
    "operation": "STRUCT(protocol VARCHAR, method VARCHAR, tool VARCHAR, path VARCHAR, arguments_digest VARCHAR)",
    "target": "STRUCT(host VARCHAR, destination VARCHAR)",
    "peer": "STRUCT(spiffe_id VARCHAR, address VARCHAR)",
    "latency_us": "BIGINT",
}
# Each condition holds when its parameter is not given. An agent is named with or without its namespace.
_CONDITIONS = """
    v IS NOT NULL
    AND ($user IS NULL OR "user".subject = $user OR "user".email = $user)
    AND ($agent IS NULL OR agent.name = $agent OR agent.namespace || '/' || agent.name = $agent)
    AND ($through IS NULL OR len(list_filter(
        chain, lambda hop: hop.name = $through OR hop.namespace || '/' || hop.name = $through)) > 0)
    AND ($tool IS NULL OR operation.tool = $tool)
    AND ($decision IS NULL OR decision = $decision)
    AND ($reason IS NULL OR reason = $reason)
    AND ($since IS NULL OR time >= make_timestamp($since::BIGINT * 1000000))
    AND ($until IS NULL OR time < make_timestamp($until::BIGINT * 1000000))
"""
_TYPES = ", ".join(f"\"{name}\": '{kind}'" for name, kind in _COLUMNS.items())
# A line that is no record becomes a row without values: the last line of a file in use may be half written.
_READING = f"read_json($files, format = 'newline_delimited', ignore_errors = true, columns = {{{_TYPES}}})"
_SELECTED = ", ".join(f'"{name}"' for name in _COLUMNS).replace('"time"', "strftime(time, '%Y-%m-%dT%H:%M:%S.%fZ')")
_FITTING = f"SELECT {_SELECTED} FROM {_READING} WHERE {_CONDITIONS} ORDER BY time DESC LIMIT $limit"  # noqa: S608 -- constants of this module
_UNREADABLE = f"SELECT count(*) FROM {_READING} WHERE v IS NULL"  # noqa: S608 -- constants of this module


class AuditUnreadable(Exception):
    """A file cannot be searched; the message says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is looked for; None asks for all. Times are Unix seconds, `until` is exclusive."""

    user: str | None = None  # subject or email
    agent: str | None = None  # the current actor, NAME or NAMESPACE/NAME
    through: str | None = None  # any agent of the chain
    tool: str | None = None
    decision: str | None = None
    reason: str | None = None
    since: int | None = None
    until: int | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Found:
    """The newest records that fit, oldest first, and how many lines were no records: torn or foreign."""

    records: tuple[dict[str, Any], ...]
    unreadable: int


def search(files: Sequence[Path], question: Question) -> Found:
    """Return the records in `files` that fit. Raises AuditUnreadable."""
    for file in files:
        if not file.is_file():
            raise AuditUnreadable(f"{file} is no file; name the files of ACCREDIT_AUDIT=file:PATH")
    named = [str(file) for file in files]
    asked = {name: getattr(question, name) for name in question.__dataclass_fields__}
    try:
        with duckdb.connect(":memory:") as connection:
            rows = connection.execute(_FITTING, {**asked, "files": named}).fetchall()
            (unreadable,) = connection.execute(_UNREADABLE, {"files": named}).fetchall()[0]
    except duckdb.Error as error:
        raise AuditUnreadable(f"the records cannot be read: {error}") from error
    return Found(tuple(_record(row) for row in reversed(rows)), unreadable)


def _record(row: Sequence[Any]) -> dict[str, Any]:
    """Return one record as it was written: `unverified` stands only where it is true."""
    record = dict(zip(_COLUMNS, row, strict=True))
    user = record["user"]
    if user is not None and not user["unverified"]:
        del user["unverified"]
    return record
