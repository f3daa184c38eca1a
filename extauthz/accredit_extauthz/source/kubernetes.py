"""Follows the snapshot that is published in a namespace, and reports what is served there.

Everything that speaks to an API server is loaded here, when it is needed: a replica that follows a file never does.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom

from accredit_extauthz.contract.snapshot import Snapshot
from accredit_extauthz.decide.view import View
from accredit_extauthz.serve.holder import Holder
from accredit_extauthz.serve.ports import Clock
from accredit_extauthz.serve.unknown_keys import UnknownKeys
from accredit_extauthz.source.backoff import Backoff
from accredit_extauthz.source.follower import Follower, Following
from accredit_extauthz.source.ports import Access
from accredit_extauthz.source.replica_lease import ReplicaLease, Reporting

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")

_FIRST_S, _LAST_S = 0.2, 5.0  # between attempts


class AccessMissing(Exception):
    """There is no way to the API server; the message says what to set, or what to install."""


@dataclass(frozen=True, slots=True)
class Replica:
    """Where the snapshot is published, and the name under which this replica reports."""

    namespace: str
    identity: str


class KubernetesSource:
    """Keeps `holder` at the newest snapshot in the replica's namespace, and reports the sequence in a Lease."""

    def __init__(
        self,
        replica: Replica,
        holder: Holder,
        build: Callable[[Snapshot], View],
        clock: Clock,
        unknown_keys: UnknownKeys,
        access: Access,
    ) -> None:
        try:
            from accredit_extauthz.source.api_server import ApiServer  # noqa: PLC0415 (see above)
        except ImportError as error:
            raise AccessMissing(
                f"ACCREDIT_NAMESPACE needs more packages; install accredit[kubernetes]: {error}"
            ) from error

        dice = SystemRandom()
        self._lease = ReplicaLease(
            Reporting(
                api=ApiServer(access),
                namespace=replica.namespace,
                identity=replica.identity,
                holder=holder,
                clock=clock,
                backoff=Backoff(_FIRST_S, _LAST_S, dice),
                unknown_keys=unknown_keys.recent,
            )
        )
        unknown_keys.tell(self._lease.wake)
        self._follower = Follower(
            Following(
                api=ApiServer(access),
                namespace=replica.namespace,
                holder=holder,
                build=build,
                clock=clock,
                backoff=Backoff(_FIRST_S, _LAST_S, dice),
                swapped=self._lease.wake,
            )
        )

    @property
    def is_alive(self) -> bool:
        """Whether the publication is followed and reports go on; an outage of the API server changes neither."""
        return self._follower.is_alive and self._lease.is_alive

    def start(self) -> None:
        """Begin; returns at once. Nothing is served until a first snapshot was verified."""
        self._lease.start()
        self._follower.start()

    def stop(self) -> None:
        """Return when the publication is no longer followed and the Lease is gone. What was served stays."""
        self._follower.stop()
        self._lease.stop()


def find_access(environment: Mapping[str, str] = os.environ, folder: Path = SERVICE_ACCOUNT) -> Access:
    """Return the way to the API server: `KUBECONFIG`, else the pod's service account. Raises AccessMissing."""
    if kubeconfig := environment.get("KUBECONFIG"):
        return _from_kubeconfig(kubeconfig)
    host, port = environment.get("KUBERNETES_SERVICE_HOST"), environment.get("KUBERNETES_SERVICE_PORT", "443")
    if not host:
        raise AccessMissing(
            "ACCREDIT_NAMESPACE is set, but this is no pod and KUBECONFIG names no file; set KUBECONFIG, or follow a"
            " file with ACCREDIT_SNAPSHOT"
        )
    return _of_pod(host, port, folder)


def _of_pod(host: str, port: str, folder: Path) -> Access:
    token = folder / "token"
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    return Access(
        server=server, token=lambda: token.read_text(encoding="ascii").strip(), ca_file=str(folder / "ca.crt")
    )


def _from_kubeconfig(path: str) -> Access:
    """Return the current context's cluster and user; the official client reads every form that such a file has."""
    try:
        from kubernetes import client, config  # noqa: PLC0415 (no pod needs it)
    except ImportError as error:
        raise AccessMissing("KUBECONFIG is set, and the package `kubernetes` that reads it is missing") from error
    found = client.Configuration()
    try:
        config.load_kube_config(config_file=path, client_configuration=found)  # type: ignore[no-untyped-call]  # theirs
    except (config.ConfigException, OSError, ValueError) as error:
        raise AccessMissing(f"KUBECONFIG: {path} cannot be used: {error}") from error

    def token() -> str | None:
        header = found.get_api_key_with_prefix("BearerToken")
        return header.removeprefix("Bearer ") if header else None

    return Access(
        server=found.host.rstrip("/"),
        token=token,
        ca_file=found.ssl_ca_cert,
        cert_file=found.cert_file,
        key_file=found.key_file,
        server_name=found.tls_server_name,
        verified=found.verify_ssl,
    )
