"""Keys and claims of test tokens."""

import stat

import jwt
import pytest

from accredit_cli.minting import ALGORITHMS, Unmintable, Wanted, claims, new_key, read_key, write_key
from accredit_extauthz.contract.snapshot import Layout

NOW = 1_800_000_000


def wanted(**changes):
    return Wanted(
        **{"issuer": "https://idp.example", "subject": "alice", "audiences": ("https://crm.example",)} | changes
    )


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_verifies_with_the_public_key_it_is_published_under(algorithm):
    key = new_key(algorithm)
    public = jwt.PyJWK(key.jwk())
    token = key.sign({"sub": "alice"})
    assert jwt.decode(token, public, algorithms=[algorithm]) == {"sub": "alice"}
    assert jwt.get_unverified_header(token) == {"alg": algorithm, "kid": key.kid, "typ": "at+jwt"}


def test_the_published_key_holds_nothing_private():
    assert new_key("RS256").jwk().keys() == {"kty", "n", "e", "kid", "alg", "use"}
    assert new_key("EdDSA").jwk().keys() == {"kty", "crv", "x", "kid", "alg", "use"}


def test_the_key_id_is_the_thumbprint_of_the_key(tmp_path):
    # RFC 7638 §3.1's own example fixes the computation; here it is enough that it depends on the key alone.
    key = new_key("ES256")
    write_key(key, tmp_path / "key.pem")
    assert read_key(tmp_path / "key.pem").kid == key.kid != new_key("ES256").kid


def test_a_key_file_is_its_owners_alone_and_never_overwritten(tmp_path):
    path = tmp_path / "key.pem"
    write_key(new_key("ES256"), path)
    before = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(Unmintable):
        write_key(new_key("ES256"), path)
    assert path.read_bytes() == before


def test_a_token_without_a_type_has_no_typ():
    assert "typ" not in jwt.get_unverified_header(new_key("ES256").sign({}, None))


@pytest.mark.parametrize(
    ("algorithm", "asked"),
    [
        pytest.param("ES256", "ES384", id="a curve of another algorithm"),
        pytest.param("ES256", "RS256", id="another kind of key"),
        pytest.param("ES256", "HS256", id="an HMAC"),
    ],
)
def test_a_key_signs_only_with_an_algorithm_that_fits_it(tmp_path, algorithm, asked):
    write_key(new_key(algorithm), tmp_path / "key.pem")
    with pytest.raises(Unmintable):
        read_key(tmp_path / "key.pem", asked)


@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_file_without_a_key_is_refused(tmp_path, content):
    path = tmp_path / "key.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Unmintable):
        read_key(path)


def test_an_hmac_key_is_never_made():
    with pytest.raises(Unmintable):
        new_key("HS256")


@pytest.mark.parametrize(
    ("layout", "actors", "parties"),
    [
        pytest.param(Layout.ACT_CLAIM, (), {"sub": "alice"}, id="a person's own token"),
        pytest.param(Layout.ACT_CLAIM, ("a",), {"sub": "alice", "act": {"sub": "a"}}, id="one agent"),
        pytest.param(
            Layout.ACT_CLAIM,
            ("root", "mid", "now"),
            {"sub": "alice", "act": {"sub": "now", "act": {"sub": "mid", "act": {"sub": "root"}}}},
            id="a chain: the current actor outermost",
        ),
        pytest.param(Layout.ACTOR_SUBJECT, ("a",), {"sub": "a", "act": {"sub": "alice"}}, id="the agent as subject"),
        pytest.param(Layout.CLIENT_ID, ("a",), {"sub": "alice", "client_id": "a"}, id="the agent as client"),
    ],
)
def test_a_layout_names_user_and_agents_where_its_issuer_would(layout, actors, parties):
    built = claims(wanted(layout=layout, actors=actors), NOW)
    assert {name: value for name, value in built.items() if name in {"sub", "act", "client_id"}} == parties


@pytest.mark.parametrize("layout", [Layout.ACTOR_SUBJECT, Layout.CLIENT_ID])
def test_a_layout_of_one_actor_carries_no_chain(layout):
    with pytest.raises(Unmintable):
        claims(wanted(layout=layout, actors=("a", "b")), NOW)


def test_times_are_counted_from_now():
    built = claims(wanted(lifetime_s=60), NOW)
    assert (built["iat"], built["exp"]) == (NOW, NOW + 60)


def test_further_claims_replace_and_null_removes():
    built = claims(wanted(extra={"groups": ["sales"], "exp": 1, "jti": None}), NOW)
    assert (built["groups"], built["exp"], "jti" in built) == (["sales"], 1, False)


def test_no_two_tokens_have_one_id():
    assert claims(wanted(), NOW)["jti"] != claims(wanted(), NOW)["jti"]
