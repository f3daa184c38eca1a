"""`accredit test`: scenarios, decided by the server's own code."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from accredit_cli.deciding import rule_name
from accredit_cli.render import NO, YES, Output, OutputOption, coloured, fail, printable, show
from accredit_cli.scenarios.running import Runner
from accredit_cli.scenarios.suite import Result, ScenariosUnusable, read_scenarios, run_scenarios

EPILOG = "Examples:\n\naccredit test tests/\n\naccredit test crm.yaml --verbose\n\ndocs/cli.md has the format."


def command(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Scenario files, and folders that hold some.")],
    *,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="List the cases that passed, too.")] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Run scenarios: objects, a request and a time, and the decision they must lead to.

    Nothing is started and no network is used. Exit status 1 when any case comes out otherwise than it says.
    """
    try:
        results = tuple(run_scenarios(read_scenarios(paths), Runner()))
    except ScenariosUnusable as error:
        raise fail(str(error)) from error
    show(output, [_value(result) for result in results], lambda: _drawn(results, all_of_them=verbose))
    raise typer.Exit(NO if any(result.differences for result in results) else YES)


def _drawn(results: Sequence[Result], *, all_of_them: bool) -> str:
    shown = [result for result in results if all_of_them or result.differences]
    lines = [line for result in shown for line in _lines(result)]
    failed = sum(bool(result.differences) for result in results)
    files = len({result.scenario.file for result in results})
    counts = f"{len(results) - failed} passed, {failed} failed" if failed else f"{len(results)} passed"
    return "\n".join([*lines, f"{counts} in {files} file{'s' if files > 1 else ''}"])


def _lines(result: Result) -> Iterator[str]:
    verdict = coloured("failed" if result.differences else "passed")
    yield f"{verdict}  {result.scenario.place}  {printable(result.scenario.case.case)}"
    yield from _diff(result)


def _diff(result: Result) -> Iterable[str]:
    width = max((len(each.what) for each in result.differences), default=0)
    for each in result.differences:
        yield f"  {each.what:<{width}}  expected  {printable(each.expected)}"
        yield f"  {'':<{width}}  found     {printable(each.found)}"


def _value(result: Result) -> dict[str, object]:
    decision = result.outcome.decision
    return {
        "file": str(result.scenario.file),
        "line": result.scenario.line,
        "case": result.scenario.case.case,
        "passed": not result.differences,
        "differences": [
            {"what": each.what, "expected": each.expected, "found": each.found} for each in result.differences
        ],
        "found": {
            "verdict": decision.ruling.value,
            "reason": decision.reason.value,
            "message": decision.message,
            "rule": rule_name(decision.evidence),
            "status": result.outcome.status,
        },
    }
