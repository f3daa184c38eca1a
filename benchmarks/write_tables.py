"""Put the figures that lie in dist/bench into docs/performance.md, between its two marks, and the plots beside it."""

import json
import shutil
from collections.abc import Mapping

from harness import ROOT
from harness.figures import OUT, Figure, table

PAGE, PLOTS = ROOT / "docs" / "performance.md", ROOT / "docs" / "figures"
BEGIN, END = "<!-- figures: begin -->\n", "<!-- figures: end -->\n"
TITLES = {
    "compare": "Beside Go authorizers",
    "serving": "Accredit alone",
    "footprint": "Memory, start and swaps",
    "transport": "The transports",
    "shares": "Inside the process",
}
PLOTTED = ("compare", "compare-p99", "serving")
CLAIMED = 1.0  # of others' load before a run: above it, a core was not the benchmark's own


def chapter(name: str, title: str) -> str:
    """Return a program's tables, under the machine they come from."""
    kept = json.loads((OUT / f"{name}.json").read_text())
    parts = [f"### {title}\n", machine(kept["machine"])]
    for heading, rows in kept["tables"].items():
        figures = [Figure(row["case"], row["quantity"], tuple(row["values"])) for row in rows]
        parts += [f"**{heading}**\n", table(figures) + "\n"]
    shown = [each for each in PLOTTED if each.startswith(name) and (OUT / f"{each}.svg").exists()]
    return "\n".join([*parts, *(plotted(each, title) for each in shown)])


def plotted(name: str, title: str) -> str:
    """Return the line that shows a plot, which is copied beside the page."""
    PLOTS.mkdir(exist_ok=True)
    shutil.copyfile(OUT / f"{name}.svg", PLOTS / f"{name}.svg")
    return f"![{title}](figures/{name}.svg)\n"


def machine(told: Mapping[str, object]) -> str:
    """Return what the figures come from, and whether the machine had other work."""
    load = float(str(told["load_before"]))
    busy = (
        " Others were using the machine: CPU is an upper bound, and latency and throughput tell little."
        if load > CLAIMED
        else ""
    )
    where = f"{told['processor']}, {told['cores']} cores, Python {told['python']}"
    return f"{told['at']}, {where}, load {load:.1f} before the run.{busy}\n"


def main() -> None:
    """Write the page."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    chapters = [chapter(name, title) for name, title in TITLES.items() if (OUT / f"{name}.json").exists()]
    PAGE.write_text("\n".join([before + BEGIN, *chapters, END + after]))
    print(f"wrote {len(chapters)} chapters into {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
