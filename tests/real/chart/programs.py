"""The two programs with the settings that the chart renders; only addresses and paths are this machine's."""

import socket
import sys

from accredit_cli.demo.processes import Process
from accredit_extauthz.transport import health_probe
from fakes.certificates import FakeAuthority

SHAPES = {
    "defaults": [],
    "watched namespaces": ["--set", "watchNamespaces={research}"],
    "TLS": ["--set", "extauthz.tls.enabled=true,extauthz.tls.existingSecret=certificate"],
}


def settings(objects, component):
    """Return the variables of a component, as the kubelet would set them."""
    (deployment,) = (
        each
        for each in objects
        if each["kind"] == "Deployment" and each["metadata"]["labels"]["app.kubernetes.io/component"] == component
    )
    spec = deployment["spec"]["template"]["spec"]
    told = {each["name"]: each.get("value", "pod-a") for each in spec["containers"][0]["env"]}
    return told, spec["serviceAccountName"]


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class DataPlane:
    """`accredit-extauthz` with rendered settings; only addresses and paths are this machine's."""

    def __init__(self, folder, kubeconfig, told):
        self.grpc, self.http = free_port(), free_port()
        self.authority = FakeAuthority()
        (folder / "ca.crt").write_bytes(self.authority.pem)
        certificate, key = self.authority.write_pair(folder)
        here = {"ACCREDIT_LISTEN": f"localhost:{self.grpc}", "ACCREDIT_HTTP": f"127.0.0.1:{self.http}"}
        files = {"ACCREDIT_TLS_CERT": str(certificate), "ACCREDIT_TLS_KEY": str(key)}
        moved = {name: value for name, value in (here | files).items() if name in told}
        environment = {**told, **moved, "KUBECONFIG": str(kubeconfig)}
        command = [sys.executable, "-m", "accredit_extauthz"]
        self.process = Process("accredit-extauthz", command, folder / "extauthz.log", environment)
        self._probe = [f"localhost:{self.grpc}", "--within", "2"]
        if "ACCREDIT_TLS_CERT" in told:
            self._probe += ["--ca", str(folder / "ca.crt")]

    def is_serving(self):
        return health_probe.main(self._probe) == 0
