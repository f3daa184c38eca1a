"""The story on the terminal: one row of a table as each step is done."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from accredit_cli.demo.player import Played
from accredit_extauthz.model.reason import Reason

_COLUMNS = (("#", 2), ("step", 36), ("who", 5), ("through", 20), ("tool", 15), ("verdict", 8), ("reason", 20))
_NARROWEST = 160  # of a pipe or a file, which have no width of their own
_PAD = 2


class Report:
    """Prints rows under one heading; columns are as wide in every row."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._rows = 0
        self._failed: list[Played] = []

    def heading(self) -> None:
        """Print the names of the columns."""
        table = self._table(headed=True)
        self._console.print(table)

    def row(self, played: Played) -> None:
        """Print one step, with what is wrong beneath it."""
        self._rows += 1
        table = self._table(headed=False)
        table.add_row(str(self._rows), played.step.shows, *_call(played), *_answer(played), _told(played))
        self._console.print(table)
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

    def _table(self, *, headed: bool) -> Table:
        table = Table(box=None, show_header=headed, pad_edge=False, padding=(0, _PAD, 0, 0), header_style="bold")
        for name, width in _COLUMNS:
            table.add_column(name, width=width, overflow="fold")
        used = sum(width + _PAD for _, width in _COLUMNS)
        table.add_column("the upstream saw", width=max(24, self._console.width - used - 1), overflow="fold")
        return table


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


def _told(played: Played) -> Text:
    told = played.outcome.told
    if not told:
        return Text("nothing", style="dim")
    lines: Sequence[str] = [f"{name}: {value}" for name, value in sorted(told.items()) if name != "x-user-issuer"]
    return Text("\n".join(lines), style="dim")


def console() -> Console:
    """Return a console that is wide enough for the table where the output has no width of its own."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=max(found.width, _NARROWEST))
