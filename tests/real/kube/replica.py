"""A replica of the data plane that follows the publication in this process, under the data plane's own role."""

from pathlib import Path

from accredit_extauthz.app import SystemClock
from accredit_extauthz.decide.view import Deployment, View, build
from accredit_extauthz.serve.holder import Holder
from accredit_extauthz.serve.unknown_keys import UnknownKeys
from accredit_extauthz.source.kubernetes import KubernetesSource, find_access
from accredit_extauthz.source.kubernetes import Replica as Reporting
from real.kube.operator_process import NAMESPACE


class Replica:
    def __init__(self, kubeconfig: Path, identity: str) -> None:
        clock = SystemClock()
        self.holder = Holder(clock)
        access = find_access({"KUBECONFIG": str(kubeconfig)})
        self._source = KubernetesSource(
            Reporting(NAMESPACE, identity),
            self.holder,
            lambda snapshot: build(snapshot, Deployment()),
            clock,
            UnknownKeys(),
            access,
        )
        self._source.start()

    @property
    def view(self) -> View | None:
        return self.holder.current

    def stop(self) -> None:
        self._source.stop()
