"""What a source asks of the API server, and what it needs to know to reach it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Access:
    """Where the API server is, and how to be believed there. Files may be replaced while in use."""

    server: str  # https://host:port
    token: Callable[[], str | None]  # raises OSError
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    server_name: str | None = None  # to expect in the certificate, when it is not the host
    verified: bool = True


class ApiFailure(Exception):
    """A request brought no answer that can be used. `status` is None when none came at all."""

    def __init__(self, message: str, status: int | None = None, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after_s = retry_after_s


class ApiSilent(ApiFailure):
    """A stream said nothing for as long as it was given."""


class Stream(Protocol):
    """An answer that comes line by line."""

    def lines(self) -> Iterator[bytes]:
        """Yield whole lines until the other side ends the stream. Raises ApiFailure, ApiSilent."""

    def close(self) -> None:
        """End the stream, from any thread."""


class Api(Protocol):
    """The API server."""

    def request(self, method: str, path: str, query: Mapping[str, str], body: bytes | None = None) -> bytes:
        """Return the body of a successful answer. Raises ApiFailure."""

    def stream(self, path: str, query: Mapping[str, str], silence_s: float) -> Stream:
        """Begin an answer whose lines may come up to `silence_s` apart. Raises ApiFailure."""
