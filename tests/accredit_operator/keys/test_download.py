"""The transport's rules, against a real server. What a fetch does with the answers is in test_fetching."""

import asyncio
import gzip
import zlib

import pytest
from yarl import URL

from accredit_operator.keys.address_rules import AddressRules
from accredit_operator.keys.download import Downloader, Errand
from accredit_operator.keys.unfetched import Unfetched
from fakes.key_server import (
    Answer,
    FakeNames,
    KeyAuthority,
    KeyServer,
    Tunnel,
    endless,
    free_port,
    garbled,
)

AUTHORITY = KeyAuthority()
OURS = AUTHORITY.pem.decode()
LOOPBACK = AddressRules(allow_loopback=True)


def ask(
    answer, *, rules=LOOPBACK, hosts=("localhost",), host=None, authority=OURS, bearer=None, signer=AUTHORITY, **how
):
    """Ask a server for /jwks. Returns the body or the Unfetched, and the requests that the server saw."""

    async def run():
        async with KeyServer(signer, hosts) as server:
            server.answers["/jwks"] = answer
            url = URL(server.url).with_path("/jwks")
            errand = Errand(url if host is None else url.with_host(host), authority, bearer)
            try:
                body = await Downloader(rules, **how).download(errand)
            except Unfetched as error:
                body = error
            return body, server.seen

    return asyncio.run(asyncio.wait_for(run(), 20))


def test_the_body_of_a_200_arrives_and_nothing_more_than_needed_is_told():
    body, (seen,) = ask(Answer(b'{"keys": []}'))
    assert body == b'{"keys": []}'
    assert seen.headers["accept-encoding"] == "identity"
    assert not {"authorization", "cookie"} & seen.headers.keys()


def test_a_token_is_shown_where_one_is_given():
    _, (seen,) = ask(Answer(b"{}"), bearer="secret")
    assert seen.headers["authorization"] == "bearer secret"


def test_a_token_stands_in_no_message():
    assert "secret" not in repr(Errand(URL("https://idp.example"), bearer="secret"))


@pytest.mark.parametrize("status", [201, 204, 304, 400, 401, 404, 500, 503])
def test_only_a_200_brings_keys(status):
    body, _ = ask(Answer(b'{"keys": []}' if status not in {204, 304} else b"", status))
    assert isinstance(body, Unfetched)


@pytest.mark.parametrize(
    "location",
    [
        pytest.param("http://idp.example/jwks", id="another scheme"),
        pytest.param("https://evil.example/jwks", id="another host"),
        pytest.param("file:///etc/passwd", id="a file"),
        pytest.param("https://169.254.169.254/latest/meta-data", id="a metadata service"),
        pytest.param("/elsewhere", id="the same host"),
        pytest.param("https://[", id="no address"),
        pytest.param("", id="nowhere"),
    ],
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(location, status):
    body, seen = ask(Answer(b"", status, {"Location": location}))
    assert isinstance(body, Unfetched)
    assert [one.path for one in seen] == ["/jwks"]


def test_a_refused_redirect_names_its_host():
    body, _ = ask(Answer(b"", 302, {"Location": "http://evil.example/a"}))
    assert "evil.example" in str(body)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(b" " * 10 * 1024 * 1024), id="10 MB with a length"),
        pytest.param(endless, id="no length and no end"),
        pytest.param(Answer(b"{}", headers={"Content-Length": "99"}), id="a body cut short"),
        pytest.param(garbled, id="no HTTP"),
        pytest.param(Answer(b"{}", headers={"X": "a" * 100_000}), id="a header without measure"),
    ],
)
def test_an_answer_out_of_shape_brings_nothing(answer):
    body, _ = ask(answer)
    assert isinstance(body, Unfetched)


@pytest.mark.parametrize(("length", "fits"), [(1000, True), (1001, False)])
def test_the_cap_is_exact(length, fits):
    body, _ = ask(Answer(b" " * length), max_body_bytes=1000)
    assert isinstance(body, bytes) is fits


BOMB = b" " * 20_000_000


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        pytest.param("gzip", gzip.compress(BOMB), id="a gzip bomb"),
        pytest.param("deflate", zlib.compress(BOMB), id="a deflate bomb"),
        pytest.param("br", b"{}", id="brotli"),
        pytest.param("gzip, identity", gzip.compress(b"{}"), id="a chain of encodings"),
    ],
)
def test_nothing_is_decompressed(encoding, body):
    found, _ = ask(Answer(body, headers={"Content-Encoding": encoding}))
    assert isinstance(found, Unfetched)


def test_a_bomb_that_hides_its_encoding_arrives_as_it_was_sent():
    packed = gzip.compress(BOMB)
    found, _ = ask(Answer(packed))
    assert found == packed


@pytest.mark.parametrize(
    "trust",
    [
        pytest.param({"authority": KeyAuthority("another").pem.decode()}, id="an authority that is not in the bundle"),
        pytest.param({"authority": None}, id="an authority that the system does not know"),
        pytest.param({"hosts": ("other.example",)}, id="a certificate for another name"),
        pytest.param({"authority": "-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----"}, id="a broken bundle"),
        pytest.param({"authority": "ü"}, id="a bundle beyond ASCII"),
    ],
)
def test_who_does_not_prove_its_name_is_never_asked(trust):
    found, seen = ask(Answer(b"{}"), host="localhost", resolver=FakeNames(localhost=[["127.0.0.1"]]), **trust)
    assert isinstance(found, Unfetched)
    assert seen == []


def test_a_server_without_tls_is_never_asked():
    heard = []

    async def greet(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        heard.append(await reader.read(65536))
        writer.close()

    async def run():
        async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(Unfetched):
                await Downloader(LOOPBACK).download(Errand(URL(f"https://localhost:{port}/jwks"), OURS, "secret"))

    asyncio.run(run())
    assert b"secret" not in b"".join(heard)


def test_a_host_that_nobody_listens_on_brings_nothing():
    async def run():
        with pytest.raises(Unfetched):
            await Downloader(LOOPBACK).download(Errand(URL(f"https://127.0.0.1:{free_port()}/"), OURS))

    asyncio.run(run())


def test_a_name_that_does_not_resolve_brings_nothing():
    found, seen = ask(Answer(b"{}"), host="gone.example", resolver=FakeNames())
    assert isinstance(found, Unfetched)
    assert seen == []


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("idp.example", id="a public name that leads to loopback"),
        pytest.param("127.0.0.1", id="loopback itself"),
        pytest.param("0x7f000001", id="loopback in hexadecimal"),
    ],
)
def test_a_socket_is_never_opened_to_a_refused_address(host):
    names = FakeNames(idp_example=[["127.0.0.1"]], **{"0x7f000001": [["127.0.0.1"]]})
    found, seen = ask(Answer(b"{}"), rules=AddressRules(), host=host, hosts=(host,), resolver=names)
    assert isinstance(found, Unfetched)
    assert "loopback" in str(found)
    assert seen == []


def test_a_name_that_changes_its_address_after_it_was_looked_at_gains_nothing():
    """DNS rebinding: the address that is judged is the one that the socket goes to; a name is asked once."""
    names = FakeNames(idp_example=[["127.0.0.1"], ["169.254.169.254"]])

    async def run():
        async with KeyServer(AUTHORITY, ("idp.example",)) as server:
            server.answers["/jwks"] = Answer(b"{}")
            errand = Errand(URL(server.url).with_path("/jwks"), OURS)
            downloader = Downloader(LOOPBACK, resolver=names)
            assert await downloader.download(errand) == b"{}"
            assert names.asked == ["idp.example"]
            with pytest.raises(Unfetched, match="link-local"):
                await downloader.download(errand)

    asyncio.run(run())


def test_of_a_names_addresses_only_the_permitted_ones_are_tried():
    names = FakeNames(idp_example=[["169.254.169.254", "::1", "127.0.0.1"]])
    found, seen = ask(Answer(b"{}"), host="idp.example", hosts=("idp.example",), resolver=names)
    assert found == b"{}"
    assert len(seen) == 1


def through_proxy(host, **more):
    names = FakeNames(idp_example=[["127.0.0.1"]], idp_tools_svc=[["127.0.0.1"]])

    async def run():
        async with KeyServer(AUTHORITY, (host,)) as server, Tunnel() as tunnel:
            server.answers["/jwks"] = Answer(b"{}")
            proxies = {"https": tunnel.url} | more
            downloader = Downloader(LOOPBACK, proxies=proxies, resolver=names)
            body = await downloader.download(Errand(URL(server.url).with_path("/jwks"), OURS))
            return body, tunnel.asked == [f"{host}:{server.port}"]

    return asyncio.run(run())


def test_the_proxy_is_honoured():
    assert through_proxy("idp.example") == (b"{}", True)


@pytest.mark.parametrize(
    ("host", "no_proxy"),
    [
        pytest.param("idp.example", "example", id="a domain"),
        pytest.param("idp.example", ".example, other", id="a domain with a dot"),
        pytest.param("idp.example", "*", id="everything"),
        pytest.param("idp.tools.svc", "", id="a Service, which a proxy does not know"),
    ],
)
def test_no_proxy_is_honoured(host, no_proxy):
    assert through_proxy(host, no=no_proxy) == (b"{}", False)
