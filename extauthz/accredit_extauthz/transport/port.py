"""The seam between the wire and what answers it: bytes in, bytes out."""

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from grpc import ServerCredentials

from accredit_extauthz.transport.limits import Limits

SERVICE = "envoy.service.auth.v3.Authorization"

Handler = Callable[[bytes], bytes]
"""Answers one Check. It should not raise and never returns nothing; a server that meets either sends its fallback."""

Ready = Callable[[], bool]
"""Whether there is anything to answer from. Asked on every health check and probe, so it is cheap."""


@runtime_checkable
class GroupHandler(Protocol):
    """A Handler that can also answer requests which wait at the same time, and do for all at once what can be.

    The completion queue calls `together` for every group, one request included; the grpcio transport calls the handler
    request by request. So a handler must be right in both ways.
    """

    def __call__(self, data: bytes, /) -> bytes:
        """Answer one Check."""

    def together(self, requests: Sequence[bytes], /) -> Sequence[bytes]:
        """Return an answer for each request, in their order; none has left before this returns."""


class ListenFailed(Exception):
    """An address cannot be listened on; the message names it and says what to do."""


class Server(Protocol):
    """A gRPC server that answers Envoy's Check and health checks."""

    def start(self) -> str:
        """Listen, and return the address as bound. Raises ListenFailed."""

    def stop(self, drain_s: float, grace_s: float) -> None:
        """Return when no call is left.

        Health answers NOT_SERVING for `drain_s` while calls are still taken; then none are, and those under way have
        `grace_s` to end.
        """


class Transport(Protocol):
    """Builds a Server of one kind."""

    def __call__(
        self,
        handler: Handler,
        fallback: bytes,
        ready: Ready,
        listen: str,
        *,
        credentials: ServerCredentials | None = None,
        limits: Limits | None = None,
    ) -> Server:
        """Return a server, not yet started. `fallback` is the denial that is sent when the handler fails."""
