"""From a source to the issuer's JWK Set: discovery where the source says so, then the set itself.

OpenID Connect Discovery 1.0 §4: the document stands beneath the issuer, and its `issuer` is the very text of ours
(§4.3), else one issuer could speak for another.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from yarl import URL

from accredit_extauthz.contract.strict_json import NotStrict, parse_object
from accredit_operator.keys.address_rules import AddressRules
from accredit_operator.keys.api_server import ApiServer
from accredit_operator.keys.download import Downloader, Errand
from accredit_operator.keys.source import Source
from accredit_operator.keys.unfetched import Unfetched, shown

MAX_FETCH_S = 10.0
MAX_KEYS = 64

_CONFIGURATION = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches key sets. Without `api_server` no token is ever sent."""

    downloader: Downloader
    rules: AddressRules
    api_server: ApiServer | None = None
    max_fetch_s: float = MAX_FETCH_S

    async def __call__(self, source: Source) -> Sequence[Mapping[str, object]]:
        """Return the JWKs that the issuer publishes, unjudged. Raises Unfetched, within `max_fetch_s`."""
        try:
            async with asyncio.timeout(self.max_fetch_s):
                return await self._fetch(source)
        except TimeoutError as error:
            found = f"the keys did not arrive within {self.max_fetch_s:g} s"
            raise Unfetched(source.url or source.issuer, found, "see that the issuer answers") from error

    async def _fetch(self, source: Source) -> Sequence[Mapping[str, object]]:
        if source.url is None:
            url = await self._discover(source)
        else:
            url = _parse_url("spec.jwks.url", source.url)
            self.rules.check_url(url, from_cluster=True)
        return _jwks(url, await self._read(url, source))

    async def _discover(self, source: Source) -> URL:
        """Return where the issuer's discovery document says that its keys are."""
        at = _parse_url("spec.issuer", source.issuer.removesuffix("/") + _CONFIGURATION)
        if at.query_string or at.fragment:
            raise Unfetched("spec.issuer", "a query or fragment leaves no place for discovery", "use jwks.source URL")
        self.rules.check_url(at, from_cluster=True)
        document = await self._read(at, source)
        claimed = document.get("issuer")
        if claimed != source.issuer:
            found = f"its issuer is {shown(claimed)}, not {shown(source.issuer)}"
            raise Unfetched(at, found, "write spec.issuer as the issuer spells itself")
        if self._is_api_server(at):
            assert self.api_server is not None
            return self.api_server.keys_at(at)
        return self._named_keys(at, document.get("jwks_uri"))

    def _named_keys(self, at: URL, named: object) -> URL:
        if not isinstance(named, str):
            raise Unfetched(at, "it names no jwks_uri", "write the key set's address as jwks.source URL")
        url = _parse_url("jwks_uri", named)
        assert at.host is not None
        self.rules.check_url(url, from_cluster=self.rules.is_in_cluster(at.host))
        return url

    async def _read(self, url: URL, source: Source) -> Mapping[str, object]:
        body = await self.downloader.download(self._errand(url, source))
        try:
            return parse_object(body)
        except NotStrict as error:
            raise Unfetched(url, str(error), "see that the address is the issuer's, and in order") from error

    def _errand(self, url: URL, source: Source) -> Errand:
        if not self._is_api_server(url):
            return Errand(url, source.ca_bundle)
        assert self.api_server is not None
        try:
            # Never caBundle here: who writes an issuer would choose who is shown the operator's token.
            return Errand(url, self.api_server.authority(), self.api_server.bearer())
        except (OSError, ValueError) as error:
            found = f"the service account's files cannot be read ({type(error).__name__})"
            raise Unfetched(url, found, "mount the operator's service account token") from error

    def _is_api_server(self, url: URL) -> bool:
        return self.api_server is not None and self.api_server.is_at(url)


def _parse_url(subject: str, text: str) -> URL:
    try:
        return URL(text)
    except ValueError as error:
        raise Unfetched(subject, f"{shown(text)} is no address", "write https://HOST/PATH") from error


def _jwks(url: URL, document: Mapping[str, object]) -> Sequence[Mapping[str, object]]:
    """Return the members of a JWK Set (RFC 7517 §5), bounded."""
    keys = document.get("keys")
    if not isinstance(keys, list) or not all(isinstance(jwk, dict) for jwk in keys):
        raise Unfetched(url, "it has no list of keys", "see that the address is that of a JWK Set")
    if len(keys) > MAX_KEYS:
        raise Unfetched(url, f"it lists {len(keys)} keys", f"publish at most {MAX_KEYS}")
    return keys
