"""Figures: taken in rounds that take turns, told as median, least and most, kept as JSON and as a plot."""

import dataclasses
import json
import os
import pathlib
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence

from harness import ROOT
from harness.plot import Bar, bars

OUT = ROOT / "dist" / "bench"

_SETTINGS: dict[str, int] = {}  # what `number` answered: a run is kept with how much it did

Sample = Mapping[str, float]
"""What one round of a case found, by the name of the quantity, its unit last."""


@dataclasses.dataclass(frozen=True)
class Figure:
    """All rounds of one quantity of a case."""

    case: str
    quantity: str
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The value in the middle."""
        return statistics.median(self.values)

    @property
    def told(self) -> str:
        """The median, and the least and the most where there is more than one."""
        if len(self.values) == 1:
            return _told(self.median)
        return f"{_told(self.median)} ({_told(min(self.values))}-{_told(max(self.values))})"


def _told(value: float) -> str:
    """Return at least three digits."""
    places = next((places for below, places in ((10, 2), (1000, 1)) if abs(value) < below), 0)
    return f"{value:,.{places}f}"


def in_turns(cases: Mapping[str, Callable[[], Sample]], rounds: int) -> list[Figure]:
    """Measure every case once a round, so that what else the machine does falls on all of them."""
    found: dict[tuple[str, str], list[float]] = {}
    for _ in range(rounds):
        for case, measure in cases.items():
            for quantity, value in measure().items():
                found.setdefault((case, quantity), []).append(value)
    return [Figure(case, quantity, tuple(values)) for (case, quantity), values in found.items()]


def table(figures: Sequence[Figure]) -> str:
    """Return a table of Markdown: a row for each case, a column for each quantity."""
    cases, quantities = _names(figures)
    cells = {(figure.case, figure.quantity): figure.told for figure in figures}
    rows = [["", *quantities], *([case, *(cells.get((case, each), "") for each in quantities)] for case in cases)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def _names(figures: Sequence[Figure]) -> tuple[list[str], list[str]]:
    return list(dict.fromkeys(one.case for one in figures)), list(dict.fromkeys(one.quantity for one in figures))


def ratios(figures: Sequence[Figure], case: str, quantity: str) -> list[Figure]:
    """Return a quantity of a case divided by that of every other one, round by round."""
    found = {one.case: one.values for one in figures if one.quantity == quantity}
    ours = found.pop(case)
    return [
        Figure(other, f"{quantity.partition(',')[0]}, ratio", tuple(a / b for a, b in zip(ours, values, strict=True)))
        for other, values in found.items()
    ]


class Report:
    """What one program finds: printed as it comes, and at the end kept in dist/bench as JSON, and as plots in SVG.

    `plots` has the titles of what is plotted, by quantity; the first is NAME.svg, others are NAME-QUANTITY.svg.
    """

    def __init__(self, name: str, plots: Mapping[str, str]) -> None:
        self._name, self._plots = name, plots
        self._parts: dict[str, Sequence[Figure]] = {}
        self._began, self._load = time.time(), os.getloadavg()  # noqa: TID251 -- a run is told with its date

    def add(self, heading: str, figures: Sequence[Figure]) -> None:
        """Print a table; one without rows is left out."""
        if not figures:
            return
        self._parts[heading] = figures
        print(f"\n{heading}\n\n{table(figures)}", flush=True)

    def close(self) -> None:
        """Keep all of it."""
        OUT.mkdir(parents=True, exist_ok=True)
        kept = {
            "machine": self._machine(),
            "settings": _SETTINGS,
            "tables": {heading: [_record(one) for one in figures] for heading, figures in self._parts.items()},
        }
        (OUT / f"{self._name}.json").write_text(json.dumps(kept, indent=1) + "\n")
        for at, (quantity, title) in enumerate(self._plots.items()):
            path = OUT / (f"{self._name}-{quantity.partition(',')[0]}.svg" if at else f"{self._name}.svg")
            path.write_text(bars(title, self._bars(quantity)))
        print(
            f"\n{self._machine()}\nkept in {OUT.relative_to(ROOT)}/{self._name}.json, with plots beside it", flush=True
        )

    def _bars(self, quantity: str) -> dict[str, list[Bar]]:
        groups = {
            heading: [_bar(one) for one in figures if one.quantity == quantity]
            for heading, figures in self._parts.items()
        }
        return {heading: group for heading, group in groups.items() if group}

    def _machine(self) -> dict[str, object]:
        return {
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._began)),
            "cores": len(os.sched_getaffinity(0)),
            "processor": _processor(),
            "system": platform.platform(),
            "python": platform.python_version(),
            "load_before": self._load[0],  # of others: a figure from a busy machine is an upper bound
            "took_s": round(time.time() - self._began),  # noqa: TID251 -- as above
        }


def _bar(figure: Figure) -> Bar:
    return Bar(figure.case, figure.median, min(figure.values), max(figure.values))


def _record(figure: Figure) -> dict[str, object]:
    values = figure.values
    return {
        "case": figure.case,
        "quantity": figure.quantity,
        "median": figure.median,
        "least": min(values),
        "most": max(values),
        "values": values,
    }


def _processor() -> str:
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def number(name: str, default: int, quick: int) -> int:
    """Return how much of something is done: what the environment says, else the default, less of it with QUICK=1."""
    text = os.environ.get(name) or str(quick if os.environ.get("QUICK") else default)
    if not text.isdigit() or int(text) < 1:
        raise SystemExit(f"{name}: {text!r} is no number; write a whole one from 1")
    return _SETTINGS.setdefault(name, int(text))
