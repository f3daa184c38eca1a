"""The cluster's own issuer: the API server that publishes the keys of service accounts.

It answers only who has a token of the cluster, and names its keys by an address of its own choice, so its keys are
taken from their fixed place and the token goes nowhere else.
"""

from dataclasses import dataclass
from pathlib import Path

from yarl import URL

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")

_KEYS = "/openid/v1/jwks"
_PATHS = ("/.well-known/openid-configuration", _KEYS)


@dataclass(frozen=True, slots=True)
class ApiServer:
    """The API server by its hosts and port, and the folder of the mounted service account."""

    hosts: frozenset[str]
    port: int = 443
    folder: Path = SERVICE_ACCOUNT

    @classmethod
    def of_cluster(cls, cluster_domain: str, folder: Path = SERVICE_ACCOUNT) -> "ApiServer":
        """Return the API server as pods reach it."""
        hosts = frozenset({"kubernetes.default.svc", f"kubernetes.default.svc.{cluster_domain}"})
        return cls(hosts, folder=folder)

    def is_at(self, url: URL) -> bool:
        """Whether a URL is one of the API server's own two for keys."""
        origin = url.scheme == "https" and url.host in self.hosts and url.port == self.port
        return origin and url.user is None and url.path in _PATHS

    def keys_at(self, url: URL) -> URL:
        """Return where the keys are, for a discovery document of the API server's."""
        return url.origin().with_path(_KEYS)

    def authority(self) -> str:
        """Return the certificates that the API server's own is signed by, as mounted now. PEM. Raises OSError."""
        return (self.folder / "ca.crt").read_text("ascii")

    def bearer(self) -> str:
        """Return the service account's token, as mounted now: it rotates. Raises OSError."""
        return (self.folder / "token").read_text("ascii").strip()
