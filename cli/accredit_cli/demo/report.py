"""The story on the terminal: one row of a table as each step is done."""

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from accredit_cli.demo.player import Played
from accredit_extauthz.model.reason import Reason

_WIDE = (("#", 2), ("step", 36), ("who", 5), ("through", 20), ("tool", 15), ("verdict", 8), ("reason", 20))
_FIXED = 72  # of a narrow table, all but the step: see _narrow
_NO_WIDTH = 160  # for a pipe or a file, which have no width of their own
_TOLD_WIDTH = 36
_PAD = 2
_SAME_IN_EVERY_ROW = {"x-user-issuer", "x-accredit-decision"}  # or different in each; either way no news


class Report:
    """Prints rows under one heading; columns are as wide in every row."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._rows = 0
        self._failed: list[Played] = []

    def heading(self) -> None:
        """Print the names of the columns."""
        self._console.print(self._table(headed=True))

    def row(self, played: Played) -> None:
        """Print one step, with what is wrong beneath it. A narrow terminal has what the upstream saw beneath, too."""
        self._rows += 1
        table = self._table(headed=False)
        cells: list[str | Text] = [
            str(self._rows),
            played.step.shows,
            *_call(played),
            *_answer(played),
            _told(played, "\n"),
        ]
        table.add_row(*(cells if self._is_wide else cells[:-1]))
        self._console.print(table)
        if played.outcome.told and not self._is_wide:
            self._console.print(Padding(Text("saw ", style="dim") + _told(played, "  "), (0, 0, 0, 3)))
        for problem in played.problems:
            self._console.print(Text(f"   {problem}", style="bold red"))
        if played.problems:
            self._failed.append(played)

    def summary(self, seconds: float) -> bool:
        """Print how the story went, and return whether it went as told."""
        if self._failed:
            self._console.print(Text(f"{len(self._failed)} of {self._rows} steps went otherwise", style="bold red"))
            return False
        self._console.print(Text(f"{self._rows} steps, each as the story says, in {seconds:.1f} s", style="bold green"))
        return True

    @property
    def _is_wide(self) -> bool:
        return self._console.width >= sum(width + _PAD for _, width in _WIDE) + _TOLD_WIDTH

    def _table(self, *, headed: bool) -> Table:
        pad = _PAD if self._is_wide else 1
        table = Table(box=None, show_header=headed, pad_edge=False, padding=(0, pad, 0, 0), header_style="bold")
        columns = _WIDE if self._is_wide else _narrow(self._console.width)
        for name, width in columns:
            table.add_column(name, width=width, overflow="fold")
        if self._is_wide:
            rest = self._console.width - sum(width + _PAD for _, width in _WIDE)
            table.add_column("the upstream saw", width=rest, overflow="fold")
        return table


def _narrow(width: int) -> tuple[tuple[str, int], ...]:
    step = max(14, width - _FIXED)
    return (("#", 2), ("step", step), ("who", 5), ("through", 10), ("tool", 15), ("verdict", 8), ("reason", 20))


def _call(played: Played) -> tuple[str, str, str]:
    token = played.step.token
    tool = played.step.call.tool
    return ("-", "-", tool) if token is None else (token.user, " > ".join(token.agents) or "-", tool)


def _answer(played: Played) -> tuple[Text, Text]:
    allowed = played.outcome.reason == Reason.ALLOWED
    verdict = Text("allow", style="green") if allowed else Text(f"deny {played.outcome.status}", style="yellow")
    reason = Text(played.outcome.reason, style="bold red" if played.problems else "")
    if played.took_s is not None:
        reason.append(f"\nafter {played.took_s * 1000:.0f} ms", style="cyan")
    return verdict, reason


def _told(played: Played, between: str) -> Text:
    told = played.outcome.told
    if not told:
        return Text("nothing", style="dim")
    lines = [f"{name}: {value}" for name, value in sorted(told.items()) if name not in _SAME_IN_EVERY_ROW]
    return Text(between.join(lines), style="dim")


def console() -> Console:
    """Return a console that is wide enough for the table where the output has no width of its own."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=max(found.width, _NO_WIDTH))
