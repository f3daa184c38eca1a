"""`accredit demo`: the whole of Accredit on loopback, and a story played through it."""

import asyncio
import contextlib
import pathlib
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from types import FrameType
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from accredit_cli.demo.invitation import invitation
from accredit_cli.demo.player import Played, Player
from accredit_cli.demo.processes import StackFailed, Supervisor
from accredit_cli.demo.report import Report, console
from accredit_cli.demo.stack import Stack, bring_up
from accredit_cli.demo.story import STORY
from accredit_cli.demo.workspace import prepare

_now = time.time  # noqa: TID251 -- the demo happens now


def command(
    *, keep: Annotated[bool, typer.Option("--keep", help="Leave everything running, and say how to call it.")] = False
) -> None:
    """Start operator, extauthz, Envoy and an MCP server on loopback, and play a story through them.

    Exit status 0 when every step came out as the story says, 1 when one did not, 2 when a program did not start.
    """
    terminal = console()
    with _ended_by_signals():
        try:
            status = _run(terminal, keep=keep)
        except StackFailed as failure:
            terminal.print(f"{failure}", style="red", markup=False)
            status = 2
        except KeyboardInterrupt:
            terminal.print("\nstopped")
            status = 130
    raise typer.Exit(status)


def _run(terminal: Console, *, keep: bool) -> int:
    root = pathlib.Path(tempfile.mkdtemp(prefix="accredit-demo-"))
    failed = False
    try:
        with Supervisor(root) as supervisor:
            stack = bring_up(supervisor, prepare(root), lambda line: terminal.print(f"[cyan]·[/] {line}"))
            failed = not _play(terminal, stack, supervisor)
            if keep:
                _wait(terminal, stack, supervisor)
    except StackFailed:
        failed = True
        raise
    finally:
        if failed:
            terminal.print(f"the logs stay in {root}")
        else:
            shutil.rmtree(root, ignore_errors=True)
    return 1 if failed else 0


def _play(terminal: Console, stack: Stack, supervisor: Supervisor) -> bool:
    report, player, started = Report(terminal), Player(stack, _now), time.monotonic()
    report.heading()

    async def steps() -> None:
        for step in STORY:
            played = await player.play(step)
            report.row(played)
            if played.problems:
                terminal.print(_telling_log(played, stack, supervisor), style="dim", markup=False)

    asyncio.run(steps())
    return report.summary(time.monotonic() - started)


def _telling_log(played: Played, stack: Stack, supervisor: Supervisor) -> str:
    """Return the end of the log that most likely says why: of what died, else of what an edit or a call goes to."""
    usual = stack.extauthz if played.step.edit is None else stack.operator
    return (supervisor.broken() or usual).tail()


def _wait(terminal: Console, stack: Stack, supervisor: Supervisor) -> None:
    # Not through the terminal: it would break the line that the reader is to copy.
    terminal.file.write(invitation(stack, int(_now())))
    terminal.file.flush()
    while (ended := supervisor.broken()) is None:
        time.sleep(0.2)
    raise StackFailed(f"{ended.name} ended with status {ended.exit_status}\n{ended.tail()}")


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP end the demo as Ctrl-C does, through every `finally`."""

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        del number, frame
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
