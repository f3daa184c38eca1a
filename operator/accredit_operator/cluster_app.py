"""The operator in a cluster: waits for the Lease, leads while it holds it, and ends with it."""

import asyncio
import os
import signal
import traceback
from collections.abc import Callable, Mapping, Sequence
from urllib.request import getproxies_environment

from accredit_operator import leader
from accredit_operator.cluster import connect
from accredit_operator.cluster_metrics import ClusterMetrics
from accredit_operator.components import Surroundings, build_components
from accredit_operator.handlers import Watches
from accredit_operator.inbox import Inbox
from accredit_operator.keys.address_rules import AddressRules
from accredit_operator.keys.api_server import ApiServer
from accredit_operator.keys.download import Downloader
from accredit_operator.keys.fetching import Fetcher
from accredit_operator.leader import Leader
from accredit_operator.lease import Candidate, Leadership, LeaseLost, own_identity
from accredit_operator.lease.record import LEASE_NAME
from accredit_operator.metrics import Probes
from accredit_operator.ports import Clock, Cluster, ClusterError, Log
from accredit_operator.publisher import Fenced
from accredit_operator.settings import ClusterSettings, SettingRefused
from accredit_operator.system import StderrLog, SystemClock, listen, version

Watching = Callable[[Inbox, Sequence[str], Callable[[str], None]], leader.Watches]
"""Makes what fills an inbox from some namespaces, and tells when it ended and begins again."""


class ClusterOperator:
    """One operator process of a cluster. A standby is live and ready."""

    def __init__(
        self, settings: ClusterSettings, cluster: Cluster, clock: Clock, log: Log, watching: Watching = Watches
    ) -> None:
        self._settings = settings
        self._cluster = cluster
        self._clock = clock
        self._log = log
        self._watching = watching
        self._metrics = ClusterMetrics(version())
        self._identity = own_identity()
        candidate = Candidate(cluster, clock, log, settings.namespace, LEASE_NAME, self._identity)
        self._leadership = Leadership(candidate)
        self._leader: Leader | None = None
        self._admin = listen(settings.http, self._metrics, Probes(self._is_alive, self._is_ready))

    async def run(self) -> int:
        """Serve until SIGTERM or SIGINT, or until leading is over. Return the exit code."""
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        if self._admin is not None:
            self._admin.start()
            self._log.say("info", "listening", http=f"{self._admin.host}:{self._admin.port}")
        code = await self._serve(stopping)
        await self._leadership.release()
        if self._admin is not None:
            self._admin.stop()
        self._log.say("info", "stopped")
        return code

    async def _serve(self, stopping: asyncio.Event) -> int:
        async with asyncio.TaskGroup() as group:
            work = group.create_task(self._work())
            told = group.create_task(stopping.wait())
            await asyncio.wait((work, told), return_when=asyncio.FIRST_COMPLETED)
            code = work.result() if work.done() else 0
            work.cancel()
            told.cancel()
        return code

    async def _work(self) -> int:
        """Wait for the Lease, then lead. Return the exit code once that cannot go on."""
        try:
            await self._leadership.acquire()
            self._metrics.lead()
            self._leader = self._new_leader()
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._leadership.keep())
                    group.create_task(self._leader.run())
            finally:
                await self._leader.close()
        except* LeaseLost as lost:
            self._end_at_once(_first(lost))
        except* Fenced as fenced:
            self._log.say("error", "publishing is over for this process", cause=str(_first(fenced)))
        except* Exception:  # noqa: BLE001 - a mistake of ours: said in whole, and the next process begins anew
            self._log.say("error", "the operator ends by a mistake of its own", cause=traceback.format_exc())
        return 1

    def _new_leader(self) -> Leader:
        settings = self._settings
        rules = AddressRules(settings.premises.cluster_domain)
        surroundings = Surroundings(
            cluster=self._cluster,
            clock=self._clock,
            log=self._log,
            metrics=self._metrics,
            premises=settings.premises,
            namespace=settings.namespace,
            identity=self._identity,
            watched=settings.watched,
            resync_s=settings.resync_s,
            fetch=Fetcher(
                Downloader(rules, proxies=getproxies_environment()),
                rules,
                ApiServer.of_cluster(settings.premises.cluster_domain),
            ),
            is_leading=lambda: self._leadership.is_leading,
        )
        components = build_components(surroundings)
        return Leader(components, lambda fell: self._watching(components.inbox, settings.watched, fell))

    def _end_at_once(self, cause: BaseException) -> None:
        """End the process without another word to the API server: a new leader may be at work."""
        self._log.say("error", "the Lease is lost; the process ends", cause=str(cause))
        os._exit(1)

    def _is_alive(self) -> bool:
        return self._leader is None or self._leader.is_alive

    def _is_ready(self) -> bool:
        return self._leader is None or self._leader.is_ready


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first exception of a group, however deep it lies."""
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


def run(settings: ClusterSettings, environment: Mapping[str, str]) -> int:
    """Run an operator until it is told to stop. Return the exit code. Raises SettingRefused."""
    clock = SystemClock()
    try:
        cluster = connect(environment, clock)
    except ClusterError as error:
        raise SettingRefused(str(error)) from error
    return asyncio.run(ClusterOperator(settings, cluster, clock, StderrLog()).run())
