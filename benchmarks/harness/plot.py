"""Bars as SVG, so that a plot needs no library: one row for each, the median as length, least to most as a line."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

ROW, LABEL, WIDTH, MARGIN, TOP = 24, 330, 420, 90, 36


class Bar(NamedTuple):
    """One row."""

    label: str
    median: float
    least: float
    most: float


def bars(title: str, groups: Mapping[str, Sequence[Bar]]) -> str:
    """Return the document: groups under their headings. All lengths are relative to the largest value."""
    top = max((bar.most for group in groups.values() for bar in group), default=1.0) or 1.0
    rows: list[str] = []
    for heading, group in groups.items():
        rows.append(f'<text x="12" y="{_y(rows) + ROW - 8}" font-style="italic">{escape(heading)}</text>')
        for bar in group:
            rows.append(_row(_y(rows), bar, WIDTH / top))
    size = f'width="{LABEL + WIDTH + MARGIN}" height="{_y(rows) + 12}"'
    style = "text{font:13px sans-serif;fill:#222}.bar{fill:#4c78a8}.spread{stroke:#111;stroke-width:1.5}"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">\n<title>{escape(title)}</title>'
    back = f'<style>{style}</style>\n<rect {size} fill="#fff"/>'
    name = f'<text x="12" y="24" font-weight="bold">{escape(title)}</text>'
    return "\n".join([head, back, name, *rows, "</svg>", ""])


def _y(rows: Sequence[str]) -> int:
    return TOP + ROW * len(rows)


def _row(y: int, bar: Bar, scale: float) -> str:
    middle, end = y + ROW // 2, LABEL + bar.median * scale
    least, most = LABEL + bar.least * scale, LABEL + bar.most * scale
    return (
        f'<text x="{LABEL - 8}" y="{middle + 4}" text-anchor="end">{escape(bar.label)}</text>'
        f'<rect class="bar" x="{LABEL}" y="{y + 4}" width="{bar.median * scale:.1f}" height="{ROW - 8}"/>'
        f'<line class="spread" x1="{least:.1f}" x2="{most:.1f}" y1="{middle}" y2="{middle}"/>'
        f'<text x="{max(end, most) + 6:.1f}" y="{middle + 4}">{bar.median:,.0f}</text>'
    )
