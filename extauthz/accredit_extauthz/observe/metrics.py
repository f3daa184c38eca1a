"""Every metric series of the data plane, its labels and their bound.

Labels come from closed sets: rulings, reasons, the policies of the current snapshot, and the tools that their rules
name. Any other tool is "other", and series of policies that are gone are dropped at the next scrape, so no sender and
no amount of change makes the exposition grow without end.
"""

import platform
import threading
from collections.abc import Iterable, Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from accredit_extauthz.contract.snapshot import Snapshot
from accredit_extauthz.model.decision import Decision, Evidence
from accredit_extauthz.observe.tally import Labels, Spread, Tally
from accredit_extauthz.serve.holder import Holder
from accredit_extauthz.serve.ports import Clock
from accredit_extauthz.serve.proofs import Proofs

CONTENT_TYPE = CONTENT_TYPE_LATEST
OTHER = "other"
# Below 100 µs a check is faster than any dashboard can tell; above half a second Envoy has given up.
BOUNDS_S = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)

_CALL = "tools/call"
_NS_PER_S = 1_000_000_000
_CHECKS = ("decision", "reason", "namespace", "policy")
_TOOL_CALLS = ("namespace", "policy", "tool", "decision")


class Metrics(Collector):
    """Counts what it is told, reads the holder when scraped, and renders both in a registry of its own."""

    def __init__(self, holder: Holder, proofs: Proofs, clock: Clock, version: str) -> None:
        self._holder = holder
        self._proofs = proofs
        self._clock = clock
        self._version = version
        self._checks = Tally()
        self._durations = Spread(BOUNDS_S)
        self._tool_calls = Tally()
        self._spoofed = Tally()
        self._audited = Tally()
        self._audit_failures = Tally()
        self._in_flight = 0
        self._lock = threading.Lock()
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def checked(self, decision: Decision, elapsed_ns: int) -> None:
        """Count one answered check."""
        evidence = decision.evidence
        policy = _policy_labels(evidence)
        self._checks.add((decision.ruling, decision.reason, *policy))
        self._durations.add(elapsed_ns / _NS_PER_S)
        operation = evidence.operation
        if operation is not None and operation.method == _CALL and operation.name is not None:
            self._tool_calls.add((*policy, _tool_label(operation.name, evidence), decision.ruling))
        if evidence.call is not None and evidence.call.spoofed:
            self._spoofed.add(amount=len(evidence.call.spoofed))

    def audited(self, records: int) -> None:
        """Count audit records that were written."""
        self._audited.add(amount=records)

    def audit_failed(self, records: int) -> None:
        """Count audit records that could not be written."""
        self._audit_failures.add(amount=records)

    def under_way(self, change: int) -> None:
        """Count checks that begin, or as a negative number checks that end."""
        with self._lock:
            self._in_flight += change

    def exposition(self) -> bytes:
        """Return all series as text, of type CONTENT_TYPE."""
        return generate_latest(self._registry)

    def describe(self) -> Iterable[Metric]:
        """Return nothing: the registry then takes the names on trust and scrapes no one while it is being set up."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield every series, those of vanished policies and tools dropped."""
        view = self._holder.current
        if view is not None:
            self._forget_what_is_gone(view.snapshot)
        yield _counter("checks", "Checks answered.", _CHECKS, self._checks)
        buckets, sum_s = self._durations.counted()
        described = "Time from the arrival of a check to its answer."
        yield HistogramMetricFamily("accredit_check_duration_seconds", described, buckets=buckets, sum_value=sum_s)
        yield _gauge("checks_in_flight", "Checks being answered now.", self._in_flight)
        yield _counter("tool_calls", "MCP tools/call requests, by tool.", _TOOL_CALLS, self._tool_calls)
        yield _counter("spoofed_headers", "Request headers that pretended to be ours, removed.", (), self._spoofed)
        yield self._collect_token_cache()
        yield _counter("audit_records", "Audit records written.", (), self._audited)
        yield _counter(
            "audit_failures", "Audit records that could not be written; each is a denial.", (), self._audit_failures
        )
        yield from self._collect_snapshot()
        build = GaugeMetricFamily("accredit_build_info", "What runs.", labels=("version", "python"))
        build.add_metric((self._version, platform.python_version()), 1)
        yield build

    def _collect_snapshot(self) -> Iterator[Metric]:
        view = self._holder.current
        described = GaugeMetricFamily("accredit_snapshot_info", "The snapshot served from.", labels=("digest",))
        if view is not None:
            described.add_metric((view.digest,), 1)
        yield described
        yield _gauge("snapshot_sequence", "Its sequence; 0 without one.", 0 if view is None else view.sequence)
        yield _gauge(
            "view_age_seconds",
            "Seconds since the source last confirmed the snapshot.",
            self._holder.age_s(self._clock.ticks_ns()),
        )
        failures = CounterMetricFamily("accredit_snapshot_load_failures", "Snapshots that could not be served.")
        failures.add_metric((), self._holder.load_failures)
        yield failures

    def _forget_what_is_gone(self, snapshot: Snapshot) -> None:
        policies = {(policy.ref.namespace, policy.ref.name) for policy in snapshot.policies} | {("", "")}
        tools = {OTHER, *_tools_named(snapshot)}
        self._checks.keep(lambda labels: labels[2:] in policies)
        self._tool_calls.keep(lambda labels: labels[:2] in policies and labels[2] in tools)

    def _collect_token_cache(self) -> Metric:
        described = "Tokens asked about, by whether an earlier proof of the same token answered."
        series = CounterMetricFamily("accredit_token_cache", described, labels=("result",))
        series.add_metric(("hit",), self._proofs.hits)
        series.add_metric(("miss",), self._proofs.misses)
        return series


def _policy_labels(evidence: Evidence) -> Labels:
    policy = evidence.policy
    return ("", "") if policy is None else (policy.namespace, policy.name)


def _tool_label(tool: str, evidence: Evidence) -> str:
    """Return the tool's name where a rule that was judged spells it out: patterns would let a sender make series."""
    governing = evidence.governing
    if governing is None or "*" in tool:
        return OTHER
    for placed in (*governing.allow, *governing.deny):
        if placed.rule.mcp is not None and placed.rule.mcp.tools is not None and tool in placed.rule.mcp.tools:
            return tool
    return OTHER


def _tools_named(snapshot: Snapshot) -> Iterator[str]:
    for policy in snapshot.policies:
        for rule in policy.body.rules if policy.body is not None else ():
            yield from rule.mcp.tools or () if rule.mcp is not None else ()


def _counter(name: str, described: str, labels: Labels, tally: Tally) -> Metric:
    family = CounterMetricFamily(f"accredit_{name}", described, labels=labels)
    counted = tally.counted() if labels else [((), tally.total())]
    for values, count in counted:
        family.add_metric(values, count)
    return family


def _gauge(name: str, described: str, value: float) -> Metric:
    return GaugeMetricFamily(f"accredit_{name}", described, value=value)
