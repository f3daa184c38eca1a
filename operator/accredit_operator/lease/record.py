"""What a Lease says, and how it is written (coordination.k8s.io/v1). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from accredit_operator.ports import LEASES, Document

LEASE_NAME = "accredit-operator"  # whoever holds it leads

_NS_PER_US = 1_000
_US_PER_S = 1_000_000


@dataclass(frozen=True, slots=True)
class LeaseRecord:
    """The spec of a Lease. Its times are of the holder's clock: for people, never compared with another clock."""

    holder: str = ""  # empty: nobody
    duration_s: int = 0  # for how long the holder asks to be left alone after each renewal
    transitions: int = 0  # how often it has changed hands
    acquired_at: str = ""
    renewed_at: str = ""

    def claimed(self, holder: str, duration_s: int, now_ns: int) -> "LeaseRecord":
        """Return what `holder` writes to take or to renew it: never the same again, or the write would change nothing.

        `now_ns` is Unix time, and may stand still.
        """
        now = instant(now_ns)
        if now == self.renewed_at:
            now = instant(now_ns + _NS_PER_US)
        if holder == self.holder:
            return replace(self, duration_s=duration_s, renewed_at=now)
        transitions = self.transitions + 1 if self.renewed_at else self.transitions
        return LeaseRecord(holder, duration_s, transitions, acquired_at=now, renewed_at=now)

    def released(self) -> "LeaseRecord":
        """Return what the holder writes so that the next one need not wait."""
        return replace(self, holder="", duration_s=1)


def read_record(document: Document) -> LeaseRecord:
    """Return the record in a Lease. Members that are absent or null count as empty."""
    spec = document.get("spec")
    said = spec if isinstance(spec, Mapping) else {}
    return LeaseRecord(
        holder=str(said.get("holderIdentity") or ""),
        duration_s=int(said.get("leaseDurationSeconds") or 0),
        transitions=int(said.get("leaseTransitions") or 0),
        acquired_at=str(said.get("acquireTime") or ""),
        renewed_at=str(said.get("renewTime") or ""),
    )


def lease_document(namespace: str, name: str, record: LeaseRecord, resource_version: str = "") -> Document:
    """Return the Lease to create, or to put in the place of `resource_version`."""
    version = {"resourceVersion": resource_version} if resource_version else {}
    return {
        "apiVersion": LEASES.api_version,
        "kind": LEASES.kind,
        "metadata": {"namespace": namespace, "name": name, **version},
        "spec": {
            "holderIdentity": record.holder,
            "leaseDurationSeconds": record.duration_s,
            "leaseTransitions": record.transitions,
            "acquireTime": record.acquired_at or None,
            "renewTime": record.renewed_at or None,
        },
    }


def instant(now_ns: int) -> str:
    """Return Unix nanoseconds as a MicroTime: RFC 3339 with six digits."""
    seconds, micros = divmod(now_ns // _NS_PER_US, _US_PER_S)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{micros:06d}Z"
