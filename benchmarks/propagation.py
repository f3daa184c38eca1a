"""From the save of a YAML file to the first answer by it, through the real operator, extauthz and Envoy."""

import asyncio
import os
import pathlib
import statistics
import tempfile
import time

from accredit_cli.demo.player import mint
from accredit_cli.demo.processes import Supervisor
from accredit_cli.demo.senders import send
from accredit_cli.demo.stack import Stack, bring_up
from accredit_cli.demo.steps import Call, Sender, Token
from accredit_cli.demo.workspace import prepare, write_field

WITHIN_S = 10.0
ROUNDS = int(os.environ.get("ROUNDS", "20"))
PLANNER = "agents/planner.yaml"


async def until(stack: Stack, bearer: str, reason: str) -> float:
    """Return the seconds until a call is answered with a reason."""
    started = time.perf_counter()
    while (await send(stack.url, Call(sender=Sender.PLAIN), bearer)).reason != reason:
        if time.perf_counter() - started > WITHIN_S:
            raise SystemExit(f"no {reason} within {WITHIN_S:g} s")
    return time.perf_counter() - started


async def measure(stack: Stack) -> list[float]:
    """Suspend and resume an agent, and return how long each took to be served, in seconds."""
    bearer = mint(stack.workspace.key, Token(lifetime_s=3600), int(time.time()))  # noqa: TID251 -- measured now
    path = stack.workspace.manifests / PLANNER
    taken = []
    for number in range(ROUNDS):
        write_field(path, ("spec", "suspended"), number % 2 == 0)
        taken.append(await until(stack, bearer, "agent_suspended" if number % 2 == 0 else "allowed"))
    return taken


def main() -> None:
    """Print the median, the 95th percentile and the worst."""
    with tempfile.TemporaryDirectory() as folder, Supervisor(pathlib.Path(folder)) as supervisor:
        stack = bring_up(supervisor, prepare(pathlib.Path(folder)), print)
        taken = sorted(1000 * seconds for seconds in asyncio.run(measure(stack)))
    worst = taken[-1]
    print(f"save to served, {ROUNDS} edits: p50 {statistics.median(taken):.0f} ms", end="")
    print(f", p95 {taken[int(0.95 * (len(taken) - 1))]:.0f} ms, max {worst:.0f} ms")


if __name__ == "__main__":
    main()
