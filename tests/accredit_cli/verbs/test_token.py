"""The verb that mints."""

import json
import time

import jwt
import pytest
from typer.testing import CliRunner

from accredit_cli.main import assemble
from accredit_cli.minting import new_key, write_key


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "key.pem"
    write_key(new_key("ES256", "k1"), path)
    return path


def run(*arguments):
    words = ["token", *map(str, arguments)]
    return CliRunner().invoke(assemble(words), words)


def minted(key_file, *arguments):
    done = run("--key", key_file, "--subject", "alice", "--audience", "https://crm.example", *arguments)
    assert done.exit_code == 0, done.output
    return done.stdout.strip()


def payload(token):
    return jwt.decode(token, options={"verify_signature": False})


def test_it_prints_one_token_that_the_printed_key_set_verifies(key_file):
    published = json.loads(run("--key", key_file, "--jwks").stdout)
    token = minted(key_file, "--actor", "planner", "--actor", "researcher", "--scope", "a:b", "--scope", "c:d")
    public = jwt.PyJWK(published["keys"][0])
    claims = jwt.decode(token, public, algorithms=["ES256"], audience="https://crm.example")
    assert claims["act"] == {"sub": "researcher", "act": {"sub": "planner"}}
    assert claims["scope"] == "a:b c:d"


def test_it_says_on_stderr_that_the_token_is_for_tests(key_file):
    done = run("--key", key_file, "--subject", "alice", "--audience", "x")
    assert "for tests" in done.stderr
    assert "for tests" not in done.stdout


def test_a_new_key_is_written_and_used(tmp_path):
    path = tmp_path / "new.pem"
    token = run("--new-key", path, "--alg", "EdDSA", "--subject", "alice", "--audience", "x").stdout.strip()
    published = json.loads(run("--key", path, "--jwks").stdout)
    assert jwt.decode(token, jwt.PyJWK(published["keys"][0]), algorithms=["EdDSA"], audience="x")["sub"] == "alice"


@pytest.mark.parametrize(
    ("ttl", "seconds"), [("10m", 600), ("1h30m", 5400), ("1m30s", 90), ("45s", 45), ("1h0m1s", 3601)]
)
def test_a_lifetime_is_a_duration(key_file, ttl, seconds):
    claims = payload(minted(key_file, "--ttl", ttl))
    assert claims["exp"] - claims["iat"] == seconds
    assert abs(claims["iat"] - time.time()) < 60  # noqa: TID251 -- the verb reads the real clock


def test_claims_are_json_where_they_can_be_and_text_elsewhere(key_file):
    claims = payload(minted(key_file, "--claim", 'groups=["sales"]', "--claim", "org_id=org_acme", "--claim", "exp=7"))
    assert (claims["groups"], claims["org_id"], claims["exp"]) == (["sales"], "org_acme", 7)


def test_type_none_leaves_typ_out(key_file):
    assert "typ" not in jwt.get_unverified_header(minted(key_file, "--type", "None"))


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--subject", "a", "--audience", "x"], id="no key"),
        pytest.param(["--key", "KEY", "--new-key", "other.pem", "--jwks"], id="two keys"),
        pytest.param(["--key", "KEY", "--audience", "x"], id="no subject"),
        pytest.param(["--key", "KEY", "--subject", "a"], id="no audience"),
        pytest.param(
            ["--key", "KEY", "--subject", "a", "--audience", "x", "--ttl", "10"], id="a lifetime without unit"
        ),
        pytest.param(["--key", "KEY", "--subject", "a", "--audience", "x", "--ttl", ""], id="an empty lifetime"),
        pytest.param(["--key", "KEY", "--subject", "a", "--audience", "x", "--claim", "groups"], id="no value"),
        pytest.param(["--key", "KEY", "--alg", "RS256", "--jwks"], id="an algorithm the key does not fit"),
        pytest.param(["--key", "/nowhere.pem", "--jwks"], id="a key that is not there"),
    ],
)
def test_wrong_usage_mints_nothing(key_file, arguments):
    done = run(*[str(key_file) if word == "KEY" else word for word in arguments])
    assert done.exit_code == 2
    assert done.stdout == ""


def test_a_key_is_made_only_for_a_token_that_can_be(tmp_path):
    assert run("--new-key", tmp_path / "new.pem", "--audience", "x").exit_code == 2
    assert not (tmp_path / "new.pem").exists()
