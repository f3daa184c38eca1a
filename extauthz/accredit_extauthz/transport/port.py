"""The seam between the wire and what answers it: bytes in, bytes out."""

from collections.abc import Callable
from typing import Protocol

Handler = Callable[[bytes], bytes]
"""Answers one Check. It should not raise and never returns nothing; a server that meets either sends its fallback."""

Ready = Callable[[], bool]
"""Whether there is anything to answer from. Asked on every health check and probe, so it is cheap."""


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
