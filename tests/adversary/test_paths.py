"""However a path is written, none is allowed that some server reads as the one that is closed."""

import pytest

from accredit_extauthz.contract.snapshot import Effect, HttpMatch
from accredit_extauthz.model.reason import Reason
from adversary.http_tricks import METHODS, hosts, paths, readings
from adversary.tokens import FORGE, bearing
from adversary.wired import Wired
from fakes.envoy import check_request
from fakes.scene import HOST, body, host_target, http_rule, policy, view

OPEN = http_rule(http=HttpMatch(methods=("GET",), paths=("/**",)))
CLOSED = http_rule(
    name="closed", effect=Effect.DENY, scopes=(), http=HttpMatch(methods=("*",), paths=("/secret", "/secret/**"))
)
SEEN = view(
    policies=(policy(body=body(rules=(OPEN, CLOSED))), policy("other", targets=(host_target("*.other.example"),)))
)
PATHS = paths("/v1", "secret")


def is_secret(path: str) -> bool:
    return path == "/secret" or path.startswith("/secret/")


def asked(**request: object) -> bool:
    said = Wired(SEEN).ask(check_request(**bearing(FORGE.token(), **{"path": "/v1/a"} | request)))
    assert said.record["reason"] in set(Reason) - {Reason.INTERNAL_ERROR}
    return said.is_open


def test_no_path_is_allowed_that_can_be_read_as_the_secret():
    assert len(PATHS) >= 200
    wired = Wired(SEEN)
    passed = [each for each in PATHS if wired.ask(check_request(**bearing(FORGE.token(), path=each))).is_open]
    assert [each for each in passed if any(map(is_secret, readings(each)))] == []
    assert passed  # the tricks that lead nowhere, so that the test above has something to judge


@pytest.mark.parametrize("path", ["/SECRET", "/Secret/a", "/sEcret/"])
def test_no_change_of_case_opens_the_secret(path):
    assert not asked(path=path)


def test_no_segment_ends_in_what_some_servers_drop():
    dropped = ("/secret%20", "/secret.", "/secret./x", "/..%20/secret", "/v1/..%20/secret", "/.%20/secret")
    assert [path for path in dropped if asked(path=path)] == []


def test_a_lenient_server_would_read_most_of_them_as_the_secret():
    assert sum(any(map(is_secret, readings(each))) for each in PATHS) > len(PATHS) // 2


def test_no_method_but_the_listed_one_passes():
    assert [each for each in METHODS if asked(method=each)] == []
    assert asked(method="GET")


def test_no_host_but_the_one_that_is_governed_passes():
    assert [each for each in hosts(HOST, "other.example") if asked(host=each)] == []
    assert asked(host=HOST)
