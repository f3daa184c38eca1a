from accredit_operator.keys.source import Source, sources_in
from fakes.objects import issuer, world

URL = {"source": "URL", "url": "https://idp.example/jwks", "refreshInterval": "1m30s", "maxStale": "2h"}


def test_what_is_fetched_follows_the_spec():
    sources = sources_in(
        world(
            issuer("inline"),
            issuer("found", issuer="https://a.example", jwks={"source": "Discovery"}),
            issuer("named", issuer="https://b.example", jwks=URL, algorithms=["RS256", "ES256"]),
        )
    )
    assert sources == {
        "found": Source("https://a.example", None, None, ("ES256",), 300, 86400),
        "named": Source("https://b.example", "https://idp.example/jwks", None, ("ES256", "RS256"), 90, 7200),
    }


def test_an_issuer_that_cannot_be_read_has_nothing_to_fetch():
    assert sources_in(world(issuer("broken", jwks={"source": "URL"}))) == {}


def test_keys_belong_to_an_issuer_and_an_address():
    here, there = (Source("https://a.example", url, None, (), 1, 1) for url in ("https://a.example/1", None))
    assert here.place != there.place
    assert here.place == Source("https://a.example", "https://a.example/1", "PEM", ("ES256",), 2, 2).place
