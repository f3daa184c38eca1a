"""One bounded GET: permitted addresses only, no redirects, no encodings, nothing kept between two requests.

The address rules are applied to the very address that a socket connects to, so a name that resolves differently a
second time gains nothing. Where HTTPS_PROXY applies, the proxy resolves names: then the rules hold for literal
addresses and well-known names, and the proxy's own address is the deployer's choice.
"""

import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined] # typeshed leaves it out

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.typedefs import LooseHeaders
from yarl import URL

from accredit_operator.keys.address_rules import AddressRules
from accredit_operator.keys.unfetched import Unfetched, shown

MAX_BODY_BYTES = 512 * 1024

_SocketAddress = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[object, ...]]
_ACCEPTED = "application/jwk-set+json, application/json"


@dataclass(frozen=True, slots=True)
class Errand:
    """What to ask, whom to trust for it (PEM; None: the system's authorities), and the token to show, if any."""

    url: URL
    authority: str | None = None
    bearer: str | None = field(default=None, repr=False)


class Dialler:
    """Opens the sockets of one request. aiohttp calls it with each address just before it connects."""

    def __init__(self, rules: AddressRules) -> None:
        self.refused: list[str] = []
        self._rules = rules

    def __call__(self, info: _SocketAddress) -> socket.socket:
        """Return a socket for a permitted address. Raises OSError."""
        family, kind, protocol, _, address = info
        refusal = self._rules.refusal_of(str(address[0]))
        if refusal is not None:
            self.refused.append(f"{address[0]} is {refusal}")
            raise OSError(self.refused[-1])
        return socket.socket(family, kind, protocol)


class Downloader:
    """Asks for documents. `proxies` is as urllib.request.getproxies_environment() returns it."""

    def __init__(
        self,
        rules: AddressRules,
        *,
        proxies: Mapping[str, str] | None = None,
        max_body_bytes: int = MAX_BODY_BYTES,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._rules = rules
        self._proxies = dict(proxies or {})
        self._max_body_bytes = max_body_bytes
        self._resolver = resolver
        self._system_roots: ssl.SSLContext | None = None

    async def download(self, errand: Errand) -> bytes:
        """Return the body of a 200. The caller has checked the URL and bounds the time. Raises Unfetched."""
        dialler = Dialler(self._rules)
        try:
            return await self._ask(errand, dialler)
        except aiohttp.ClientConnectorCertificateError as error:
            found = f"its certificate is not trusted ({error.certificate_error})"
            raise Unfetched(_named(errand.url), found, "write the authority that signs it as caBundle") from error
        except aiohttp.ClientConnectorError as error:
            found = "; ".join(dialler.refused) or f"it cannot be reached ({error.os_error})"
            raise Unfetched(_named(errand.url), found, "see that its name and network lead to the issuer") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            found = f"the exchange failed ({type(error).__name__})"
            raise Unfetched(_named(errand.url), found, "see that the address speaks HTTP/1.1 over TLS") from error

    async def _ask(self, errand: Errand, dialler: Dialler) -> bytes:
        proxy = self._proxy_of(errand.url)
        connector = aiohttp.TCPConnector(
            force_close=True,
            use_dns_cache=False,
            resolver=self._resolver,
            socket_factory=None if proxy else dialler,
        )
        async with (
            aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
            ) as web,
            web.get(
                errand.url,
                allow_redirects=False,
                headers=_headers(errand),
                proxy=proxy,
                ssl=self._roots(errand),
                timeout=aiohttp.ClientTimeout(total=None),
            ) as response,
        ):
            _check_answer(errand.url, response)
            return await self._read(errand.url, response)

    def _proxy_of(self, url: URL) -> str | None:
        """Return the proxy to go through. Never one to a Service: a proxy outside knows no cluster names."""
        assert url.host is not None
        proxy = self._proxies.get("https")
        if not proxy or url.scheme != "https" or self._rules.is_in_cluster(url.host):
            return None
        return None if proxy_bypass_environment(f"{url.host}:{url.port}", self._proxies) else proxy

    def _roots(self, errand: Errand) -> ssl.SSLContext:
        if errand.authority is None:
            if self._system_roots is None:
                self._system_roots = ssl.create_default_context()
            return self._system_roots
        try:
            return ssl.create_default_context(cadata=errand.authority)
        except (ssl.SSLError, ValueError, TypeError) as error:
            raise Unfetched("caBundle", "it holds no certificate that can be read", "write PEM") from error

    async def _read(self, url: URL, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for part in response.content.iter_any():
            body += part
            if len(body) > self._max_body_bytes:
                found = f"the answer is longer than {self._max_body_bytes} bytes"
                raise Unfetched(_named(url), found, "see that the address is that of a key set")
        return bytes(body)


def _headers(errand: Errand) -> LooseHeaders:
    headers = {"Accept": _ACCEPTED, "Accept-Encoding": "identity", "User-Agent": "accredit-operator"}
    return headers if errand.bearer is None else {**headers, "Authorization": f"Bearer {errand.bearer}"}


def _check_answer(url: URL, response: aiohttp.ClientResponse) -> None:
    if HTTPStatus.MULTIPLE_CHOICES <= response.status < HTTPStatus.BAD_REQUEST:
        found = f"it answered {response.status}, a redirect to {_target(response.headers.get('Location', ''))}"
        raise Unfetched(_named(url), found, "redirects are not followed: write the address itself")
    if response.status != HTTPStatus.OK:
        raise Unfetched(_named(url), f"it answered {response.status}", "see that it answers 200 to a GET")
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding.lower() != "identity":
        found = f"the answer has content encoding {shown(encoding)}"
        raise Unfetched(_named(url), found, "have it sent as it is, as was asked for")


def _target(location: str) -> str:
    try:
        url = URL(location)
    except ValueError:
        return shown(location)
    return shown(f"{url.scheme or 'the same scheme'}, host {url.host or 'none'}")


def _named(url: URL) -> str:
    return str(url.with_query(None).with_fragment(None))[:256]
