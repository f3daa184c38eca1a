"""What a source asks of the API server."""

from collections.abc import Iterator, Mapping
from typing import Protocol


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
