"""The verdicts of a compilation, for people and for programs."""

from collections.abc import Iterable, Iterator

from accredit_cli.render import table
from accredit_operator.compile.verdict import Problem, Verdict

_HEADINGS = ("VERDICT", "OBJECT", "REASON", "WHERE")


def drawn(verdicts: Iterable[Verdict]) -> str:
    """Return a line an object, and every problem on all of them: where it is, what was found, what to write."""
    listed = tuple(verdicts)
    lines = [table(_HEADINGS, (_row(verdict) for verdict in listed))]
    for verdict in listed:
        lines.extend(_explained(verdict))
    return "\n".join(lines)


def as_values(verdicts: Iterable[Verdict]) -> list[dict[str, object]]:
    """Return the verdicts as plain values."""
    return [_value(verdict) for verdict in verdicts]


def _row(verdict: Verdict) -> tuple[str, ...]:
    return ("accepted" if verdict.accepted else "no", str(verdict.key), verdict.reason, _where(verdict, ""))


def _explained(verdict: Verdict) -> Iterator[str]:
    for problem in (*verdict.problems, *verdict.notes):
        yield f"\n{_where(verdict, problem.field)}: {verdict.key}"
        yield f"  {problem.field}: {problem.found}"
        yield f"  to do: {problem.remedy}"


def _value(verdict: Verdict) -> dict[str, object]:
    return {
        "kind": str(verdict.key.kind),
        "namespace": verdict.key.namespace or None,
        "name": verdict.key.name,
        "accepted": verdict.accepted,
        "reason": str(verdict.reason),
        "where": _where(verdict, ""),
        "problems": [_problem(verdict, problem) for problem in verdict.problems],
        "notes": [_problem(verdict, problem) for problem in verdict.notes],
        "conditions": [
            {"type": each.type, "status": str(each.status), "reason": each.reason, "message": each.message}
            for each in verdict.conditions
        ],
    }


def _problem(verdict: Verdict, problem: Problem) -> dict[str, str]:
    return {
        "where": _where(verdict, problem.field),
        "field": problem.field,
        "found": problem.found,
        "remedy": problem.remedy,
    }


def _where(verdict: Verdict, field: str) -> str:
    return verdict.origin.at(field) if verdict.origin else "-"
