"""A replica of the data plane that follows the publication in this process, under the data plane's own role."""

from pathlib import Path

from accredit_extauthz.app import SystemClock
from accredit_extauthz.contract.snapshot import Snapshot
from accredit_extauthz.decide.view import Deployment, View, build
from accredit_extauthz.serve.holder import Holder
from accredit_extauthz.serve.unknown_keys import UnknownKeys
from accredit_extauthz.source.kubernetes import KubernetesSource, find_access
from accredit_extauthz.source.kubernetes import Replica as Reporting
from real.kube.admin import NAMESPACE
from real.kube.published import suspended_in


class Replica:
    def __init__(self, kubeconfig: Path, identity: str) -> None:
        clock = SystemClock()
        self.holder = Holder(clock)
        self.unknown_keys = UnknownKeys()
        self.served: list[Snapshot] = []  # every one so far, oldest first
        access = find_access({"KUBECONFIG": str(kubeconfig)})
        self._source = KubernetesSource(
            Reporting(NAMESPACE, identity),
            self.holder,
            self._build,
            clock,
            self.unknown_keys,
            access,
        )
        self._source.start()

    @property
    def view(self) -> View | None:
        return self.holder.current

    def suspended(self) -> set[str] | None:
        """The names of the agents that are suspended in what is served now; None while nothing is."""
        return suspended_in(self.view.snapshot) if self.view else None

    def is_steady(self) -> bool:
        """Whether no snapshot that was ever served was older than the one before."""
        sequences = [snapshot.sequence for snapshot in self.served]
        return sequences == sorted(sequences)

    def stop(self) -> None:
        self._source.stop()

    def _build(self, snapshot: Snapshot) -> View:
        view = build(snapshot, Deployment())
        self.served.append(snapshot)  # the swap follows
        return view
