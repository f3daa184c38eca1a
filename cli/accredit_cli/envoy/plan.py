"""What a rendered Envoy is to do, as values. There is no value here that lets a request pass unchecked."""

from dataclasses import dataclass

_PORTS = range(65536)


class AddressUnreadable(ValueError):
    """The text is no address; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Address:
    """A host and port, or a Unix socket: then `host` is its path and `port` is None."""

    host: str
    port: int | None

    def __str__(self) -> str:
        """Return the text that `parse_address` reads."""
        if self.port is None:
            return f"unix:{self.host}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class ServerTls:
    """The listener's certificate; with `client_ca`, every client must show a certificate that it signed."""

    certificate: str
    key: str
    client_ca: str | None


@dataclass(frozen=True, slots=True)
class ClientTls:
    """How a connection out is verified: the CA, the name the certificate must carry, and one's own certificate."""

    ca: str
    name: str
    certificate: str | None
    key: str | None


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on time and size. Seconds and bytes."""

    check_timeout_s: float = 0.5
    request_timeout_s: float = 30.0  # until the whole request has arrived
    response_timeout_s: float = 60.0  # until the upstream has answered; streams are bound by the next two
    idle_timeout_s: float = 300.0
    stream_duration_s: float = 900.0  # a revocation reaches an open stream at its end at the latest
    body_bytes: int = 65536  # a larger body is 413 by Envoy; never a part of one is checked


@dataclass(frozen=True, slots=True)
class Plan:
    """One listener, one upstream, one authorizer."""

    listen: Address
    upstream: Address
    authorizer: Address
    hosts: tuple[str, ...] = ("*",)
    listener_tls: ServerTls | None = None
    upstream_tls: ClientTls | None = None
    authorizer_tls: ClientTls | None = None
    limits: Limits = Limits()
    policy: str | None = None  # NAMESPACE/NAME: this policy governs whatever the host says
    health_check: bool = True
    access_log: str = "stdout"  # or a file's path
    admin: Address | None = None


def parse_address(text: str) -> Address:
    """Return the address in HOST:PORT, [IPV6]:PORT or unix:PATH. Raises AddressUnreadable."""
    if text.startswith("unix:"):
        if not text.startswith("unix:/"):
            raise AddressUnreadable(f"{text!r} has no absolute path; write unix:/run/accredit.sock")
        return Address(text.removeprefix("unix:"), None)
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    if not host or ("[" not in text and ":" in host) or not (port.isascii() and port.isdigit() and int(port) in _PORTS):
        raise AddressUnreadable(f"{text!r} is no address; write HOST:PORT, [IPV6]:PORT or unix:PATH")
    return Address(host, int(port))
