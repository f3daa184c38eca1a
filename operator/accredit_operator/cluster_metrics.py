"""What an operator counts beside the rest when it leads in a cluster."""

from collections.abc import Iterable, Mapping

from prometheus_client import Counter, Gauge, Histogram

from accredit_operator.metrics import Metrics
from accredit_operator.ports import DECLARED, NAMESPACES, Document
from accredit_operator.status import is_ready
from accredit_operator.world import ObjectKey

_PROPAGATION = (0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0, 15.0, 60.0)


class ClusterMetrics(Metrics):
    """The series of a leader, and of one that waits."""

    def __init__(self, version: str) -> None:
        super().__init__(version)
        self._leader = Gauge("accredit_leader", "Whether this process leads, 1 or 0.", registry=self.registry)
        self._propagation = Histogram(
            "accredit_propagation_seconds",
            "From an event to every live replica serving it.",
            buckets=_PROPAGATION,
            registry=self.registry,
        )
        self._refreshes = Counter(
            "accredit_jwks_refresh", "Fetches of issuers' keys.", ("issuer", "result"), registry=self.registry
        )
        self._key_ages = Gauge(
            "accredit_jwks_age_seconds", "Age of an issuer's last good keys.", ("issuer",), registry=self.registry
        )
        self._visible = Gauge(
            "accredit_kind_visible",
            "Whether a kind can be seen, 1 or 0. While one cannot, nothing is published.",
            ("kind",),
            registry=self.registry,
        )
        self.show_unseen(())

    def lead(self) -> None:
        """Show that this process leads. It does so to its end."""
        self._leader.set(1)

    def propagated(self, elapsed_ns: int) -> None:
        """Count one change that every live replica serves."""
        self._propagation.observe(elapsed_ns / 1e9)

    def keys_refreshed(self, issuer: str, result: str) -> None:
        """Count one fetch of an issuer's keys."""
        self._refreshes.labels(issuer, result).inc()

    def show_key_ages(self, ages_s: Mapping[str, float]) -> None:
        """Replace the ages of issuers' keys."""
        self._key_ages.clear()
        for issuer, age_s in ages_s.items():
            self._key_ages.labels(issuer).set(age_s)

    def show_unseen(self, kinds: Iterable[str]) -> None:
        """Show which kinds cannot be seen."""
        unseen = set(kinds)
        for collection in (*DECLARED.values(), NAMESPACES):
            self._visible.labels(collection.kind).set(collection.kind not in unseen)

    def show_status(self, key: ObjectKey, status: Document) -> None:
        """Show what an object's status says."""
        self._ready.labels(key.kind, key.namespace, key.name).set(is_ready(status))

    def forget(self, keys: Iterable[ObjectKey]) -> None:
        """Say nothing more of objects that are gone."""
        for key in keys:
            self._ready.remove(key.kind, key.namespace, key.name)
