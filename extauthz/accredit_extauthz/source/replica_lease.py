"""Reports what this replica serves in a Lease of its own: every few seconds, and at once after a swap.

The control plane calls an object Programmed when every replica whose Lease is live serves it. The report runs in its
own thread, so that a slow or failing API server never delays a swap. A replica may not delete Leases (a role cannot
name its own alone), so at the end it takes the label off: what carries no label is no replica. The control plane
removes the Lease later.
"""

import json
import logging
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from accredit_extauthz.contract.publication import FORMAT as FORMAT_ANNOTATION
from accredit_extauthz.contract.publication import (
    PART,
    REPLICA,
    REPLICA_LEASE_PREFIX,
    REPLICA_LEASE_S,
    SEQUENCE,
    UNKNOWN_KEYS,
)
from accredit_extauthz.contract.snapshot import FORMAT
from accredit_extauthz.serve.holder import Holder
from accredit_extauthz.serve.ports import Clock
from accredit_extauthz.source.backoff import Backoff
from accredit_extauthz.source.ports import Api, ApiFailure

_LOG = logging.getLogger(__name__)

RENEW_S = 5.0
SPACING_S = 0.1  # between two reports, however fast the swaps
STOP_S = 3.0

_MAX_IDENTITY = 200  # characters; a name has 253
_NOT_IN_NAMES = re.compile(r"[^a-z0-9.-]+")
_NOT_FOUND = 404
_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Report:
    """What a replica says of itself. `sequence` is 0 while it serves nothing; `is_leaving` in the last report."""

    identity: str
    sequence: int
    unknown_keys: Mapping[str, str]
    now_ns: int
    is_leaving: bool


def lease_name(identity: str) -> str:
    """Return the name of a replica's Lease; the characters that names cannot have become dashes."""
    return REPLICA_LEASE_PREFIX + _NOT_IN_NAMES.sub("-", identity.lower())[-_MAX_IDENTITY:].strip("-.")


def lease_object(report: Report, namespace: str, version: str | None) -> dict[str, Any]:
    """Return the Lease that says `report`, to create when `version` is None, else to put in place of that version."""
    annotations = {SEQUENCE: str(report.sequence), FORMAT_ANNOTATION: str(FORMAT)}
    if report.unknown_keys:
        annotations[UNKNOWN_KEYS] = json.dumps(dict(report.unknown_keys), sort_keys=True)
    metadata = {
        "name": lease_name(report.identity),
        "namespace": namespace,
        "labels": {} if report.is_leaving else {PART: REPLICA},
        "annotations": annotations,
    }
    renewed_at = datetime.fromtimestamp(report.now_ns / _NS_PER_S, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": metadata if version is None else metadata | {"resourceVersion": version},
        "spec": {
            "holderIdentity": "" if report.is_leaving else report.identity,
            "leaseDurationSeconds": REPLICA_LEASE_S,
            "renewTime": renewed_at,
        },
    }


@dataclass(frozen=True, slots=True)
class Reporting:
    """What a replica's Lease is written with."""

    api: Api
    namespace: str
    identity: str
    holder: Holder
    clock: Clock
    backoff: Backoff
    unknown_keys: Callable[[int], Mapping[str, str]]  # Unix seconds -> issuer name -> `kid`


class ReplicaLease:
    """Keeps the Lease of this replica, and releases it at the end."""

    def __init__(self, reporting: Reporting) -> None:
        self._with = reporting
        self._path = f"/apis/coordination.k8s.io/v1/namespaces/{reporting.namespace}/leases"
        self._own_path = f"{self._path}/{lease_name(reporting.identity)}"
        self._version: str | None = None
        self._is_failing = False
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._report_on, name="replica-lease", daemon=True)

    @property
    def is_alive(self) -> bool:
        """Whether reports go on, successful or not."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to report; returns at once."""
        self._thread.start()

    def wake(self) -> None:
        """Report soon: something changed. Returns at once."""
        self._wake.set()

    def stop(self) -> None:
        """Return when the Lease is released, or when that takes too long: it then expires."""
        self._stopping.set()
        self._wake.set()
        self._thread.join(STOP_S)

    def _report_on(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            wait_s = self._report()
            if not self._stopping.wait(SPACING_S):
                self._wake.wait(max(0.0, wait_s - SPACING_S))
        if self._version is not None:
            self._report()

    def _report(self) -> float:
        """Write the Lease once; return how long to wait before the next time."""
        try:
            self._write()
        except (ApiFailure, OSError, ValueError, RuntimeError) as error:
            level = logging.DEBUG if self._is_failing else logging.WARNING
            _LOG.log(level, "this replica cannot report in its Lease, and serves on: %s", error)
            self._is_failing = True
            self._version = None
            return self._with.backoff.next_s(error.retry_after_s if isinstance(error, ApiFailure) else 0.0)
        self._is_failing = False
        self._with.backoff.reset()
        return RENEW_S

    def _write(self) -> None:
        version = self._version or self._found_version()
        lease = msgspec.json.encode(lease_object(self._now(), self._with.namespace, version))
        method, path = ("POST", self._path) if version is None else ("PUT", self._own_path)
        self._version = _version(self._with.api.request(method, path, {}, lease))

    def _now(self) -> Report:
        view, now_ns = self._with.holder.current, self._with.clock.now_ns()
        sequence = 0 if view is None else view.sequence
        unknown_keys = self._with.unknown_keys(now_ns // _NS_PER_S)
        return Report(self._with.identity, sequence, unknown_keys, now_ns, self._stopping.is_set())

    def _found_version(self) -> str | None:
        try:
            return _version(self._with.api.request("GET", self._own_path, {}))
        except ApiFailure as failure:
            if failure.status == _NOT_FOUND:
                return None
            raise


class _Metadata(msgspec.Struct, frozen=True, rename="camel"):
    resource_version: str


class _Object(msgspec.Struct, frozen=True):
    metadata: _Metadata


_OBJECT = msgspec.json.Decoder(_Object)


def _version(data: bytes) -> str:
    """Return an object's version. Raises ApiFailure."""
    try:
        return _OBJECT.decode(data).metadata.resource_version
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ApiFailure(f"the answer is no Lease: {error}") from error
