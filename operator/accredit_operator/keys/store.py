"""Keeps every issuer's keys: a task each that fetches on schedule, and what it brought for the compiler to read.

Keys that count now are `keys()`; `tell` says when to read them again. Nothing here ever makes an old set newer: a
restart seeds it by `remember` with the time at which the set was fetched.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence

from accredit_extauthz.contract.snapshot import Key
from accredit_operator.keys import schedule
from accredit_operator.keys.fetched import Failure, Fetched, judge_set
from accredit_operator.keys.holding import Holding, follow, hold, hold_remembered
from accredit_operator.keys.pause import Pause, pause
from accredit_operator.keys.schedule import NS_PER_S
from accredit_operator.keys.source import Source
from accredit_operator.keys.standing import Standing
from accredit_operator.keys.unfetched import Unfetched
from accredit_operator.ports import Clock

Fetch = Callable[[Source], Awaitable[Sequence[Mapping[str, object]]]]
"""Returns an issuer's JWKs; raises Unfetched."""
Tell = Callable[[str, Fetched | Failure], None]
"""Hears, by TrustedIssuer name, that keys were fetched, were not, or are too old. It only notes what it hears."""
CountRefresh = Callable[[str, str], None]
"""Counts jwks_refresh_total by TrustedIssuer name and result, SUCCESS or FAILED."""

SUCCESS = "success"
FAILED = "failed"


class KeyStore:
    """The keys of all issuers whose sets are remote.

    Lives on one event loop; `keys`, `standings` and `ages_s` may be called on any thread.
    """

    def __init__(
        self,
        fetch: Fetch,
        clock: Clock,
        tell: Tell,
        count: CountRefresh,
        *,
        wait: Pause = pause,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._tell = tell
        self._count = count
        self._wait = wait
        self._dice = dice
        self._held: dict[str, Holding] = {}
        self._wakes: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._remembered: dict[str, Fetched] = {}

    def remember(self, name: str, keys: tuple[Key, ...], fetched_at: int) -> None:
        """Seed an issuer with the keys of the last published snapshot. Counts for the first `watch` alone."""
        self._remembered[name] = Fetched(keys, fetched_at)

    def watch(self, sources: Mapping[str, Source]) -> None:
        """Follow exactly these issuers, by TrustedIssuer name. One whose source has changed is fetched at once."""
        for name in self._held.keys() - sources.keys():
            self._end(name)
            del self._held[name]
        for name, source in sources.items():
            held = self._held.get(name)
            if held is None or held.source != source:
                self._end(name)
                self._begin(name, self._next_holding(name, source, held))
        self._remembered.clear()

    def ask(self, name: str) -> None:
        """Ask for an early fetch because a token named an unknown kid: at most one per issuer in 10 s."""
        held = self._held.get(name)
        if held is not None and not held.refreshes.is_asked:
            self._held[name] = held.asked()
            self._wakes[name].set()

    def keys(self) -> Mapping[str, tuple[Key, ...]]:
        """Return the keys that count now, by TrustedIssuer name, as the compiler takes them."""
        return {name: standing.keys for name, standing in self.standings().items() if standing.keys}

    def standings(self) -> Mapping[str, Standing]:
        """Return how the keys of each issuer stand now."""
        now_ns = self._clock.ticks_ns()
        return {name: held.standing(now_ns) for name, held in self._held.copy().items()}

    def ages_s(self) -> Mapping[str, float]:
        """Return the age of each last good set, for jwks_age_seconds."""
        now_ns = self._clock.ticks_ns()
        ages = ((name, held.age_s(now_ns)) for name, held in self._held.copy().items())
        return {name: age for name, age in ages if age is not None}

    async def close(self) -> None:
        """Stop every fetch and wait for its end."""
        for name in list(self._held):
            self._end(name)
        self._held.clear()
        await asyncio.gather(*self._ending, return_exceptions=True)

    def _next_holding(self, name: str, source: Source, held: Holding | None) -> Holding:
        now_ns = self._clock.ticks_ns()
        if held is not None:
            return follow(held, source, now_ns)
        remembered = self._remembered.get(name)
        if remembered is None:
            return hold(source, now_ns)
        return hold_remembered(source, remembered, self._clock.now_ns() // NS_PER_S, now_ns)

    def _begin(self, name: str, held: Holding) -> None:
        self._held[name] = held
        self._wakes[name] = asyncio.Event()
        self._tasks[name] = asyncio.get_running_loop().create_task(self._keep(name), name=f"keys of {name}")

    def _end(self, name: str) -> None:
        """Cancel an issuer's task, so that no answer to an old question is taken for one to the new."""
        task = self._tasks.pop(name, None)
        if task is not None:
            self._wakes.pop(name)
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
            task.cancel()

    async def _keep(self, name: str) -> None:
        wake = self._wakes[name]
        said_lapsed = False
        while True:
            held, now_ns = self._held[name], self._clock.ticks_ns()
            has_lapsed = schedule.has_lapsed(held.refreshes, held.source.max_stale_s, now_ns)
            if has_lapsed and not said_lapsed:
                self._tell(name, Failure(held.trouble or "the last good keys are older than spec.jwks.maxStale"))
            said_lapsed = has_lapsed
            if now_ns >= schedule.next_due_ns(held.refreshes):
                await self._refresh(name)
            else:
                wake.clear()
                await self._wait(wake, _seconds_ahead(held, now_ns, has_lapsed=has_lapsed))

    async def _refresh(self, name: str) -> None:
        held = self._held[name] = self._held[name].begun(self._clock.ticks_ns())
        asked_at = self._clock.now_ns() // NS_PER_S
        outcome = await self._try(held.source, asked_at)
        held, now_ns, dice = self._held[name], self._clock.ticks_ns(), self._dice()
        if isinstance(outcome, Fetched):
            self._held[name] = held.with_good(outcome, now_ns, dice)
        else:
            self._held[name] = held.with_trouble(outcome.sentence, now_ns, dice)
        self._count(name, SUCCESS if isinstance(outcome, Fetched) else FAILED)
        self._tell(name, outcome)

    async def _try(self, source: Source, asked_at: int) -> Fetched | Failure:
        try:
            return judge_set(await self._fetch(source), source, asked_at)
        except Unfetched as error:
            return Failure(str(error))
        except Exception as error:  # noqa: BLE001 - a mistake of ours must not end an issuer's fetching for good
            return Failure(f"the fetch failed by a mistake of the operator's ({type(error).__name__}); report it")


def _seconds_ahead(held: Holding, now_ns: int, *, has_lapsed: bool) -> float:
    """Return the time until the next fetch, or until the last good set has just become too old."""
    ahead = schedule.next_due_ns(held.refreshes)
    lapse = None if has_lapsed else schedule.lapse_ns(held.refreshes, held.source.max_stale_s)
    return (min(ahead, ahead if lapse is None else lapse + 1) - now_ns) / NS_PER_S
