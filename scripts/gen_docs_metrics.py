"""The page of metrics: the series that both programs really show when they are scraped."""
# ruff: noqa: INP001 (a script, no package)

from collections.abc import Iterable, Iterator

from gen_docs_markdown import code, page, prose, table
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import HistogramMetricFamily, Metric

from accredit_extauthz.observe.metrics import Metrics
from accredit_extauthz.serve.holder import Holder
from accredit_extauthz.serve.proofs import Proofs
from accredit_operator.cluster_metrics import ClusterMetrics
from accredit_operator.world import ObjectKey

_NO_VALUE = [""] * 8  # more labels than any series has
_ADDED = {"le", "quantile"}  # by the format itself

_OPENING = """\
Both programs serve `/metrics` over HTTP: `accredit-extauthz` on port 8080, `accredit-operator` on port 8081. Labels
come from closed sets, so no sender makes the exposition grow: reasons and decisions, the policies of the current
snapshot, and the tools that their rules name (any other is `other`). Series of policies that are gone are dropped.

The label `namespace` is a policy's or an object's, not the pod's: scrape with `honor_labels: true`."""

_CLOSING = """\
With `--manifests` the operator shows `accredit_reconcile_total`, `accredit_reconcile_duration_seconds`,
`accredit_resource_ready` and `accredit_build_info` alone. What to do about a value is in the
[runbooks](../runbooks/index.md); the chart brings alert rules and a dashboard, see
[Install with Helm](../helm.md#signals)."""


class _Still:
    """A clock for series that are described and never read."""

    def now(self) -> float:
        return 0.0

    def ticks_ns(self) -> int:
        return 0


def metrics_page() -> str:
    """Return the page."""
    data_plane = Metrics(Holder(_Still()), Proofs(), _Still(), "1").collect()
    return page(
        "Metrics",
        _OPENING,
        "## accredit-extauthz",
        _table(map(_with_a_sample, data_plane)),
        "## accredit-operator",
        _table(_control_plane().collect()),
        _CLOSING,
    )


def _control_plane() -> CollectorRegistry:
    metrics = ClusterMetrics("1")
    metrics.reconciled("success", 1)
    metrics.keys_refreshed("https://idp.example", "success")
    metrics.show_key_ages({"https://idp.example": 1.0})
    metrics.show_status(ObjectKey("ToolPolicy", "tools", "crm"), {})
    return metrics.registry


def _with_a_sample(family: Metric) -> Metric:
    """Return the family with a sample, which names its labels: it takes as many values as it has of them."""
    if not isinstance(family, HistogramMetricFamily):
        family.add_metric(_NO_VALUE, 0)  # type: ignore[attr-defined]  # both families that are left have it
    return family


def _table(families: Iterable[Metric]) -> str:
    return table(("series", "type", "labels", "meaning"), sorted(_rows(families)))


def _rows(families: Iterable[Metric]) -> Iterator[tuple[str, str, str, str]]:
    for family in families:
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = dict.fromkeys(label for sample in family.samples for label in sample.labels if label not in _ADDED)
        yield code(name), family.type, ", ".join(map(code, labels)), prose(family.documentation)
