"""Change the deciding core in one place at a time, and see that a test fails. What no test notices is to be explained.

Prints the score of each module, and the changes that survive without an explanation in tests/mutation.yaml (exit 1).
Results are kept in .cache/mutation until the function changes; after a change of tests, take the folder away. Names of
mutants as arguments narrow it. One is killed by a failed test, and by nothing else.
"""
# ruff: noqa: INP001 (a script, no package)

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / ".cache" / "mutation"
EXPLAINED = ROOT / "tests" / "mutation.yaml"
# mutmut takes the name of a module from its path, so the package stands at the top of a folder of its own.
LINKED = {"accredit_extauthz": "extauthz/accredit_extauthz"} | {
    name: name for name in ("crds", "docs", "pyproject.toml", "tests")
}
Changes = dict[str, tuple[str, str]]  # by mutant: the lines that it takes out, and those that it puts in
MUTMUT = [str(Path(sys.executable).with_name("mutmut"))]


def main() -> None:
    """Try every mutant and report."""
    lay_out()
    tried = ["run", "--max-children", os.environ.get("JOBS", "2"), *sys.argv[1:]]
    subprocess.run([*MUTMUT, *tried], cwd=FOLDER, check=True)  # noqa: S603 -- own words
    results = re.findall(r"^ +(\S+): (.+)$", said("results", "--all", "true"), re.MULTILINE)
    statuses = {name: status for name, status in results if status != "not checked"}
    survivors: Changes = {name: change(name) for name, status in statuses.items() if status != "killed"}
    known = {(entry["was"], entry["is"]) for entry in yaml.safe_load(EXPLAINED.read_text(encoding="utf-8"))}
    unexplained = {name: lines for name, lines in survivors.items() if lines not in known}
    report(statuses, survivors, unexplained)
    sys.exit(1 if unexplained else 0)


def lay_out() -> None:
    """Make the folder that mutmut works in."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, target in LINKED.items():
        link = FOLDER / name
        if not link.is_symlink():
            link.symlink_to(os.path.relpath(ROOT / target, FOLDER))


def said(*arguments: str) -> str:
    """Return what mutmut says."""
    return subprocess.run([*MUTMUT, *arguments], cwd=FOLDER, check=True, capture_output=True, text=True).stdout  # noqa: S603 -- own words


def change(mutant: str) -> tuple[str, str]:
    """Return what a mutant changes."""
    diff = [line for line in said("show", mutant).splitlines() if not line.startswith(("---", "+++"))]
    was, now = ("\n".join(line[1:].strip() for line in diff if line.startswith(sign)) for sign in "-+")
    return was, now


def report(statuses: dict[str, str], survivors: Changes, unexplained: Changes) -> None:
    """Print a table of modules, then what is left to do."""
    total, left, open_ = (Counter(map(module, names)) for names in (statuses, survivors, unexplained))
    rows = (
        f"| `{name}` | {all_} | {all_ - left[name]} | {left[name] - open_[name]} | {open_[name]} |"
        for name, all_ in sorted(total.items())
    )
    sys.stdout.write(
        "\n".join(("| module | mutants | killed | explained | open |", "|---|---|---|---|---|", *rows, ""))
    )
    for name, (was, now) in unexplained.items():
        sys.stdout.write(f"\n{name}\n- {was}\n+ {now}\n")


def module(mutant: str) -> str:
    """Return the module's path beneath the package."""
    return "/".join(mutant.split(".")[1:3]) + ".py"


if __name__ == "__main__":
    main()
