"""Requests and watches to one API server, over urllib3.

Every wait is bounded: for a connection, between two pieces of an answer, for a whole answer, and in its size. Tokens
are read for each request, because the kubelet replaces them; certificates, when the connections are made anew.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import HTTPError, ReadTimeoutError

from accredit_extauthz.source.ports import Access, ApiFailure, ApiSilent

MAX_BYTES = 256 * 1024 * 1024  # of an answer, and of a line

_CONNECT_S = 3.0
_PIECE_S = 15.0  # the longest pause inside an answer
_ANSWER_S = 60.0
_PIECE_BYTES = 65_536
_TOLD = 300  # characters of an error's body
_HTTP_ERROR = 400
_GONE_WRONG = (HTTPError, OSError, ValueError, AttributeError)  # the last two: closed by another thread in mid-read


class LineStream:
    """The lines of one answer."""

    def __init__(self, response: urllib3.BaseHTTPResponse) -> None:
        self._response = response

    def lines(self) -> Iterator[bytes]:
        """Yield whole lines until the other side ends the stream. Raises ApiFailure, ApiSilent."""
        held = bytearray()
        try:
            for piece in self._response.stream(_PIECE_BYTES, decode_content=True):
                held += piece
                *whole, rest = held.split(b"\n") if b"\n" in piece else (held,)
                yield from (bytes(line) for line in whole if line)
                held = bytearray(rest)
                if len(held) > MAX_BYTES:
                    raise ApiFailure(f"a line of the watch has more than {MAX_BYTES} bytes")
        except ReadTimeoutError as error:
            raise ApiSilent("the watch is silent") from error
        except _GONE_WRONG as error:
            raise ApiFailure(f"the watch was cut: {_cause(error)}") from error
        finally:
            self._response.close()

    def close(self) -> None:
        """End the stream, from any thread."""
        # A reader inside the socket wakes by the shutdown alone; urllib3 raises when there is nothing to shut down.
        with suppress(*_GONE_WRONG, RuntimeError):
            self._response.shutdown()


class ApiServer:
    """The API server at `access`; connections are kept, and made anew after a failure."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._pool: urllib3.PoolManager | None = None

    def request(self, method: str, path: str, query: Mapping[str, str], body: bytes | None = None) -> bytes:
        """Return the body of a successful answer. Raises ApiFailure."""
        response = self._send(method, path, query, body)
        ends_at = time.monotonic() + _ANSWER_S
        whole = bytearray()
        try:
            for piece in response.stream(_PIECE_BYTES, decode_content=True):
                whole += piece
                if len(whole) > MAX_BYTES or time.monotonic() > ends_at:
                    raise ApiFailure(f"the answer to {method} {path} has more than {MAX_BYTES} bytes or {_ANSWER_S} s")
        except _GONE_WRONG as error:
            self._pool = None
            raise ApiFailure(f"the answer to {method} {path} was cut: {_cause(error)}") from error
        finally:
            response.close()
        _check(response, f"{method} {path}", bytes(whole))
        return bytes(whole)

    def stream(self, path: str, query: Mapping[str, str], silence_s: float) -> LineStream:
        """Begin an answer whose lines may come up to `silence_s` apart. Raises ApiFailure."""
        response = self._send("GET", path, query, None)
        if response.status >= _HTTP_ERROR:
            try:
                _check(response, f"watch of {path}", response.read(_PIECE_BYTES, decode_content=True))
            except _GONE_WRONG as error:
                raise ApiFailure(f"the watch was refused: {response.status}", response.status) from error
            finally:
                response.close()
        connection = response.connection
        if isinstance(connection, urllib3.connection.HTTPConnection) and connection.sock is not None:
            connection.sock.settimeout(silence_s)  # only now: the first byte of a slow server may take longer
        return LineStream(response)

    def _send(self, method: str, path: str, query: Mapping[str, str], body: bytes | None) -> urllib3.BaseHTTPResponse:
        try:
            if self._pool is None:
                self._pool = _connections(self._access)
            return self._pool.request(
                method,
                f"{self._access.server}{path}?{urlencode(query)}",
                body=body,
                headers=self._headers(body),
                timeout=urllib3.Timeout(connect=_CONNECT_S, read=_PIECE_S),
                retries=False,
                redirect=False,
                preload_content=False,
            )
        except _GONE_WRONG as error:
            self._pool = None
            raise ApiFailure(f"the API server at {self._access.server} does not answer: {_cause(error)}") from error

    def _headers(self, body: bytes | None) -> dict[str, str]:
        headers = {"accept": "application/json", "user-agent": "accredit-extauthz"}
        if body is not None:
            headers["content-type"] = "application/json"
        if token := self._access.token():
            headers["authorization"] = f"Bearer {token}"
        return headers


def _connections(access: Access) -> urllib3.PoolManager:
    if access.server.startswith("http:"):
        return urllib3.PoolManager(num_pools=1, maxsize=2)
    return urllib3.PoolManager(
        num_pools=1,
        maxsize=2,
        cert_reqs="CERT_REQUIRED" if access.verified else "CERT_NONE",
        ca_certs=access.ca_file,
        cert_file=access.cert_file,
        key_file=access.key_file,
        server_hostname=access.server_name,
    )


def _check(response: urllib3.BaseHTTPResponse, what: str, body: bytes) -> None:
    if response.status < _HTTP_ERROR:
        return
    told = " ".join(body.decode(errors="replace")[:_TOLD].split())
    raise ApiFailure(
        f"{what} was answered {response.status}: {told}", response.status, _seconds(response.headers.get("retry-after"))
    )


def _seconds(text: str | None) -> float:
    """Return a Retry-After in seconds; a date or nonsense is none."""
    return float(text) if text is not None and text.isascii() and text.isdigit() else 0.0


def _cause(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
