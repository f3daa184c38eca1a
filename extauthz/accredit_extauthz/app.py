"""Builds every object once, wires them, and runs until a signal. The only place that asks for the time."""

import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from grpc import ServerCredentials

from accredit_extauthz.audit.record import Records
from accredit_extauthz.audit.sink import FileSink, StreamSink
from accredit_extauthz.codec import request, response
from accredit_extauthz.contract.snapshot import Snapshot
from accredit_extauthz.decide.decide import Memory, decide, refused
from accredit_extauthz.decide.view import Deployment, View, build
from accredit_extauthz.observe import log
from accredit_extauthz.observe.metrics import CONTENT_TYPE, Metrics
from accredit_extauthz.serve.alike import Alike
from accredit_extauthz.serve.answers import MAX_PARTS, Answers
from accredit_extauthz.serve.check import Check, Steps
from accredit_extauthz.serve.collector import calm_collector
from accredit_extauthz.serve.holder import Holder
from accredit_extauthz.serve.ports import AuditSink, AuditUnavailable, Clock, Meter
from accredit_extauthz.serve.proofs import Proofs
from accredit_extauthz.serve.unknown_keys import UnknownKeys
from accredit_extauthz.serve.warrants import Warrants
from accredit_extauthz.settings import Settings, SettingsInvalid, parse
from accredit_extauthz.source.file import FileSource
from accredit_extauthz.source.kubernetes import AccessMissing, KubernetesSource, Replica, find_access
from accredit_extauthz.transport.admin import AdminServer, Pages
from accredit_extauthz.transport.choose import choose
from accredit_extauthz.transport.cygrpc_contract import ContractBroken
from accredit_extauthz.transport.limits import Limits
from accredit_extauthz.transport.port import ListenFailed
from accredit_extauthz.transport.tls import TlsFiles, TlsInvalid, server_credentials

_LOG = logging.getLogger(__name__)

STOPPED, FAILED, MISUSED = 0, 1, 2  # exit statuses

# Envoy asks for health every 2 s (`accredit envoy-config`) and leaves at the first NOT_SERVING.
_DRAIN_S = 2.5
_GRACE_S = 5.0
_HEADROOM = 1_048_576  # bytes of a CheckRequest beside the body: headers, certificate
_WATCH_S = 1.0


class SystemClock:
    """The clock of this machine."""

    def now_ns(self) -> int:
        """Return Unix time in nanoseconds."""
        return time.time_ns()

    def ticks_ns(self) -> int:
        """Return a monotonic reading in nanoseconds."""
        return time.monotonic_ns()


class App:
    """The data plane of one process: a source, a check, and the two servers."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stopping = threading.Event()
        clock = SystemClock()
        self._holder = Holder(clock)
        proofs = Proofs()
        metrics = Metrics(self._holder, proofs, clock, _version())
        deployment = Deployment(settings.trust_domain, settings.gateway_identities, settings.max_body)
        unknown_keys = UnknownKeys()
        self._source = _source(settings, self._holder, partial(build, deployment=deployment), clock, unknown_keys)
        sink = _sink(settings, clock)
        check = answering(self._holder, clock, proofs, sink, metrics, unknown_keys)
        self._grpc = choose(settings.transport)(
            check,
            response.FALLBACK,
            self._is_ready,
            _listen(settings),
            credentials=_credentials(settings),
            limits=Limits(max_request_bytes=settings.max_body + _HEADROOM),
        )
        pages = Pages(metrics.exposition, CONTENT_TYPE, self._is_ready)
        self._admin = AdminServer(pages, settings.http.host, settings.http.port)

    def stop(self) -> None:
        """Begin to drain; `run` returns when that is done."""
        self._stopping.set()

    def run(self) -> int:
        """Serve until stopped, drain, and return the exit status. Raises ListenFailed."""
        self._source.start()
        listening = self._grpc.start()
        http = f"{self._settings.http.host}:{self._admin.start()}"
        followed = self._settings.snapshot or f"namespace {self._settings.namespace}"
        what = {"listen": listening, "http": http, "snapshot": followed, "version": _version()}
        calm_collector()
        _LOG.info("serving", extra=what)
        status = self._wait()
        self._drain()
        return status

    def _is_ready(self) -> bool:
        return self._holder.current is not None and not self._stopping.is_set()

    def _wait(self) -> int:
        while not self._stopping.wait(_WATCH_S):
            if not self._source.is_alive:
                _LOG.critical("the snapshot is no longer followed, so nothing would be revoked; stopping")
                return FAILED
        return STOPPED

    def _drain(self) -> None:
        """Stop in an order in which no request meets a closed door, and changes count until the last answer."""
        self._stopping.set()
        _LOG.info("draining")
        # Without a view health never said SERVING, and nobody has to learn that it ends.
        self._grpc.stop(_DRAIN_S if self._holder.current is not None else 0.0, _GRACE_S)
        self._source.stop()
        self._admin.stop()
        _LOG.info("stopped")


def answering(
    holder: Holder, clock: Clock, proofs: Proofs, sink: AuditSink | None, meter: Meter, unknown_keys: UnknownKeys
) -> Check:
    """Return the check of a process, with everything that it remembers."""
    memory = Memory(proofs.prove, Warrants().weigh)
    decided = unknown_keys.noting(partial(decide, memory=memory))
    parts_of = Alike(response.parts_key, response.parts, MAX_PARTS)
    answers = Answers(partial(response.encode, parts_of=parts_of))
    steps = Steps(request.read, decided, refused, answers.encode, Records().encode)
    return Check(holder, clock, steps, sink, meter, fallback=response.FALLBACK)


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ) -> int:
    """Run the data plane, and return the exit status: 0 stopped, 1 cannot run, 2 wrong settings."""
    try:
        settings = parse(sys.argv[1:] if arguments is None else arguments, environment)
    except SettingsInvalid as error:
        for problem in error.problems:
            sys.stderr.write(f"accredit-extauthz: {problem}\n")
        return MISUSED
    log.configure(settings.log_level)
    try:
        app = App(settings)
        _stop_on_signals(app)
        return app.run()
    except (AccessMissing, ContractBroken, ListenFailed, TlsInvalid) as error:
        _LOG.critical("%s", error)
        return FAILED


def _stop_on_signals(app: App) -> None:
    def stop(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)  # a second one ends the process at once
        app.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _source(
    settings: Settings, holder: Holder, builder: Callable[[Snapshot], View], clock: Clock, unknown_keys: UnknownKeys
) -> FileSource | KubernetesSource:
    if settings.snapshot is not None:
        return FileSource(settings.snapshot, holder, builder, clock)
    replica = Replica(settings.namespace or "", settings.pod_name or socket.gethostname())
    return KubernetesSource(replica, holder, builder, clock, unknown_keys, find_access())


def _sink(settings: Settings, clock: Clock) -> AuditSink | None:
    if not settings.audited:
        _LOG.warning("no audit record is kept (--allow-unaudited)")
        return None
    if settings.audit is None:
        return StreamSink(sys.stdout.fileno())
    sink = FileSink(settings.audit, clock)
    with suppress(AuditUnavailable):  # the sink has said so; until it heals every answer is a denial
        sink.open()
    return sink


def _listen(settings: Settings) -> str:
    return f"unix:{settings.listen}" if isinstance(settings.listen, Path) else str(settings.listen)


def _credentials(settings: Settings) -> ServerCredentials | None:
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    return server_credentials(TlsFiles(settings.tls_cert, settings.tls_key, settings.tls_client_ca))


def _version() -> str:
    try:
        return version("accredit")
    except PackageNotFoundError:
        return "unknown"
