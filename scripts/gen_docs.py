"""Write the pages of docs/reference from the code, or with --check say which is out of date (exit 1)."""
# ruff: noqa: INP001 (a script, no package)

import argparse
import sys
from pathlib import Path

import gen_docs_commands
import gen_docs_kinds
import gen_docs_metrics
import gen_docs_values

FOLDER = Path(__file__).parent.parent / "docs" / "reference"


def wanted() -> dict[Path, str]:
    """Return every page that is written here, and its text."""
    pages = {
        **gen_docs_kinds.kind_pages(),
        "commands.md": gen_docs_commands.commands_page(),
        "metrics.md": gen_docs_metrics.metrics_page(),
        "values.md": gen_docs_values.values_page(),
    }
    return {FOLDER / name: text for name, text in pages.items()}


def main() -> None:
    """Write or check, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page differs")
    pages = wanted()
    if not parser.parse_args().check:
        FOLDER.mkdir(parents=True, exist_ok=True)
        for path, text in pages.items():
            path.write_text(text, encoding="utf-8")
        return
    present = {path: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    if stale := sorted(path.name for path in pages.keys() | present.keys() if pages.get(path) != present.get(path)):
        sys.exit(f"out of date in docs/reference: {', '.join(stale)}; run `make gen`")


if __name__ == "__main__":
    main()
