"""Write docs/reasons.md and the README's table from the code, or with --check say which is out of date (exit 1)."""
# ruff: noqa: INP001 (a script, no package)

import argparse
import sys
from pathlib import Path

from accredit_extauthz.model.reason import ANSWERS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "reasons.md"
README = ROOT / "README.md"
BEGIN, END = "<!-- reasons: written by scripts/gen_reasons.py -->\n", "<!-- end of reasons -->"
OPENING = """\
# Reasons

Every decision has one reason. It is a metric label, a field of the audit record, and on a denial the header
`x-accredit-reason` and `data.reason` of a JSON-RPC error. Names are never changed.

The first refusal wins, in this order: no snapshot; the shape of the request; the policy of its target; a stale view;
public paths; the token's shape, issuer, type, key, algorithm, signature and claims; its times; the policy's issuers and
audience; a certificate the token is bound to; the shape of the delegation; the kind of caller; a revoked token or user;
each agent of the chain, root first; the chain's length and cycles; workloads; edges; whom the first agent acts for; the
shape of the operation; an empty ceiling; Deny rules; MCP's base protocol; Allow rules.

| reason | status | OAuth error | what it means and what to do |
|---|---|---|---|
"""


def page() -> str:
    """Return the text of the page."""
    rows = (
        f"| `{reason}` | {answer.status} | {answer.error or ''} | {answer.explanation} |"
        for reason, answer in ANSWERS.items()
    )
    return OPENING + "\n".join(rows) + "\n"


def readme() -> str:
    """Return the text of the README with its table of reasons as the code has it."""
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    rows = (f"| `{reason}` | {answer.status} | {answer.explanation} |" for reason, answer in ANSWERS.items())
    table = "\n".join(("| reason | status | what it means and what to do |", "|---|---|---|", *rows))
    return f"{before}{BEGIN}\n{table}\n\n{rest[rest.index(END) :]}"


def main() -> None:
    """Write or check, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page differs")
    wanted = {PAGE: page(), README: readme()}
    if not parser.parse_args().check:
        for path, text in wanted.items():
            path.write_text(text, encoding="utf-8")
    elif stale := [path.name for path, text in wanted.items() if path.read_text(encoding="utf-8") != text]:
        sys.exit(f"out of date: {', '.join(stale)}; run `make gen`")


if __name__ == "__main__":
    main()
