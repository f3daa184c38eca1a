"""From a TrustedIssuer's source to its JWKs, over real TLS on loopback."""

import asyncio
import time

import pytest

from accredit_operator.keys.address_rules import AddressRules
from accredit_operator.keys.api_server import ApiServer
from accredit_operator.keys.download import Downloader
from accredit_operator.keys.fetching import MAX_KEYS, Fetcher
from accredit_operator.keys.source import Source
from accredit_operator.keys.unfetched import Unfetched
from fakes.key_server import CONFIGURATION, Answer, FakeNames, KeyAuthority, KeyServer, silent, trickling
from fakes.objects import JWK

AUTHORITY = KeyAuthority()
OURS = AUTHORITY.pem.decode()
LOOPBACK = AddressRules(allow_loopback=True)
API_HOST = "kubernetes.default.svc"


def source(issuer, url=None, ca_bundle=OURS):
    return Source(issuer, url, ca_bundle, ("ES256",), 300, 86400)


def fetch(prepare, *, hosts=("localhost",), signer=AUTHORITY, names=None, **how):
    """Fetch what `prepare` makes of a server. Returns the JWKs or the Unfetched, and the requests seen."""

    async def run():
        async with KeyServer(signer, hosts) as server:
            wanted = prepare(server)
            fetcher = Fetcher(Downloader(LOOPBACK, resolver=names), LOOPBACK, **how)
            try:
                return await fetcher(wanted), server.seen
            except Unfetched as error:
                return error, server.seen

    return asyncio.run(asyncio.wait_for(run(), 20))


def discovery(jwks=(JWK,), **changes):
    def prepare(server):
        server.serve_discovery(list(jwks), **changes)
        return source(server.url)

    return prepare


def jwks_url(answer):
    def prepare(server):
        server.answers["/jwks"] = answer
        return source("https://idp.example", f"{server.url}/jwks")

    return prepare


def test_keys_are_discovered():
    jwks, seen = fetch(discovery())
    assert jwks == [JWK]
    assert [one.path for one in seen] == [CONFIGURATION, "/jwks"]


def test_keys_are_taken_from_a_url_whatever_the_issuer_is_called():
    jwks, seen = fetch(jwks_url(Answer({"keys": [JWK], "extra": 1})))
    assert jwks == [JWK]
    assert [one.path for one in seen] == ["/jwks"]


@pytest.mark.parametrize("end", ["", "/"])
def test_an_issuer_with_a_path_is_discovered_beneath_it(end):
    def prepare(server):
        issuer = f"{server.url}/realms/a{end}"
        server.serve_discovery([JWK])
        server.answers[f"/realms/a{CONFIGURATION}"] = Answer({"issuer": issuer, "jwks_uri": f"{server.url}/jwks"})
        return source(issuer)

    jwks, _ = fetch(prepare)
    assert jwks == [JWK]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"issuer": "https://other.example"}, id="another issuer"),
        pytest.param({"issuer": ...}, id="no issuer"),
        pytest.param({"issuer": ["https://localhost"]}, id="an issuer that is no text"),
        pytest.param({"jwks_uri": ...}, id="no jwks_uri"),
        pytest.param({"jwks_uri": 7}, id="a jwks_uri that is no text"),
        pytest.param({"jwks_uri": "http://localhost/jwks"}, id="plain http"),
        pytest.param({"jwks_uri": "file:///etc/passwd"}, id="a file"),
        pytest.param({"jwks_uri": "https://169.254.169.254/"}, id="a metadata service"),
        pytest.param({"jwks_uri": "https://vault.secrets.svc/jwks"}, id="a Service of the cluster"),
        pytest.param({"jwks_uri": "https://["}, id="no address"),
        pytest.param({"jwks_uri": f"https://{API_HOST}/openid/v1/jwks"}, id="the API server"),
    ],
)
def test_a_discovery_document_that_is_not_the_issuers_or_leads_astray_is_not_followed(changes):
    names = FakeNames(
        localhost=[["127.0.0.1"]], vault_secrets_svc=[["127.0.0.1"]], kubernetes_default_svc=[["127.0.0.1"]]
    )
    found, seen = fetch(discovery(**changes), names=names)
    assert isinstance(found, Unfetched)
    assert [one.path for one in seen] == [CONFIGURATION]
    assert names.asked == ["localhost"]


def test_the_issuer_is_compared_byte_for_byte():
    def prepare(server):
        server.serve_discovery([JWK], issuer=f"{server.url}/")
        return source(server.url)

    found, _ = fetch(prepare)
    assert isinstance(found, Unfetched)


@pytest.mark.parametrize(
    "issuer", ["https://idp.example/?a=b", "https://idp.example/#a", "https://[", "http://idp.example"]
)
def test_an_issuer_that_leaves_no_place_for_discovery_is_asked_nothing(issuer):
    found, seen = fetch(lambda _: source(issuer))
    assert isinstance(found, Unfetched)
    assert seen == []


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(b""), id="an empty body"),
        pytest.param(Answer(b"<html></html>"), id="a page"),
        pytest.param(Answer([]), id="a list"),
        pytest.param(Answer({}), id="no keys"),
        pytest.param(Answer({"keys": {"k1": JWK}}), id="keys by name"),
        pytest.param(Answer({"keys": [JWK, "k2"]}), id="a key that is a text"),
        pytest.param(Answer({"keys": [JWK] * (MAX_KEYS + 1)}), id="keys without measure"),
        pytest.param(Answer(b'{"keys": [], "keys": [{}]}'), id="keys twice"),
        pytest.param(Answer({"keys": [JWK]}, status=500), id="500"),
    ],
)
def test_what_is_no_key_set_brings_nothing(answer):
    found, _ = fetch(jwks_url(answer))
    assert isinstance(found, Unfetched)


@pytest.mark.parametrize("answer", [silent, trickling])
@pytest.mark.parametrize("at", [CONFIGURATION, "/jwks"])
def test_an_issuer_that_takes_its_time_is_given_up(answer, at):
    def prepare(server):
        server.serve_discovery([JWK])
        server.answers[at] = answer
        return source(server.url)

    began = time.monotonic()
    found, _ = fetch(prepare, max_fetch_s=0.3)
    assert isinstance(found, Unfetched)
    assert time.monotonic() - began < 5


def mounted(folder, authority=AUTHORITY):
    (folder / "ca.crt").write_bytes(authority.pem)
    (folder / "token").write_text("secret-token\n")
    return folder


def at_api_server(folder, prepare, **how):
    """Fetch from an API server. The name is resolved to loopback."""
    names = FakeNames(kubernetes_default_svc=[["127.0.0.1"]], idp_example=[["127.0.0.1"]])

    async def run():
        async with KeyServer(AUTHORITY, (API_HOST,)) as server:
            api_server = ApiServer(frozenset({API_HOST}), server.port, folder)
            fetcher = Fetcher(Downloader(LOOPBACK, resolver=names), LOOPBACK, api_server)
            try:
                return await fetcher(prepare(server)), server.seen
            except Unfetched as error:
                return error, server.seen

    return asyncio.run(run())


def clusters_own(server):
    """What an API server publishes: its keys at an address of its own network."""
    server.answers[CONFIGURATION] = Answer({"issuer": server.url, "jwks_uri": "https://192.0.2.1:6443/openid/v1/jwks"})
    server.answers["/openid/v1/jwks"] = Answer({"keys": [JWK]})
    return source(server.url, ca_bundle=None)


def test_the_clusters_own_issuer_is_discovered_with_the_service_account(tmp_path):
    jwks, seen = at_api_server(mounted(tmp_path), clusters_own)
    assert jwks == [JWK]
    assert [one.path for one in seen] == [CONFIGURATION, "/openid/v1/jwks"]
    assert {one.headers["authorization"] for one in seen} == {"bearer secret-token"}


def test_the_clusters_own_keys_may_be_named_by_url(tmp_path):
    def prepare(server):
        clusters_own(server)
        return source("https://oidc.example/cluster", f"{server.url}/openid/v1/jwks", ca_bundle=None)

    jwks, seen = at_api_server(mounted(tmp_path), prepare)
    assert jwks == [JWK]
    assert [one.headers["authorization"] for one in seen] == ["bearer secret-token"]


def test_an_issuers_own_bundle_never_decides_who_sees_the_token(tmp_path):
    def prepare(server):
        clusters_own(server)
        return source(server.url)  # its bundle would trust this server

    found, seen = at_api_server(mounted(tmp_path, KeyAuthority("the cluster's")), prepare)
    assert isinstance(found, Unfetched)
    assert seen == []


def test_another_path_of_the_api_server_is_shown_no_token(tmp_path):
    def prepare(server):
        server.answers["/api/v1/secrets"] = Answer({"keys": [JWK]})
        return source("https://idp.example", f"{server.url}/api/v1/secrets")

    _, (seen,) = at_api_server(mounted(tmp_path), prepare)
    assert "authorization" not in seen.headers


def test_another_host_is_shown_no_token(tmp_path):
    def prepare(server):
        server.serve_discovery([JWK])
        return source(server.url)

    _, seen = fetch(prepare, api_server=ApiServer.of_cluster("cluster.local", mounted(tmp_path)))
    assert len(seen) == 2
    assert not any("authorization" in one.headers for one in seen)


def test_without_the_mounted_files_the_api_server_is_not_asked(tmp_path):
    found, seen = at_api_server(tmp_path / "none", clusters_own)
    assert isinstance(found, Unfetched)
    assert seen == []


def test_an_issuer_in_the_cluster_may_keep_its_keys_at_a_service_without_tls():
    def prepare(server):
        server.answers["/jwks"] = Answer({"keys": [JWK]})
        return source("https://idp.tools.svc", f"{server.url}/jwks")

    names = FakeNames(keys_tools_svc=[["127.0.0.1"]])
    jwks, _ = fetch(prepare, hosts=("keys.tools.svc",), signer=None, names=names)
    assert jwks == [JWK]
