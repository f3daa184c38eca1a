"""The corpus of bad tokens through a real Envoy: each is refused for its reason, and none reaches the upstream."""

import http.client
import time

import pytest

from accredit_extauthz.model.reason import Reason
from adversary.forge import Forge
from adversary.honest_tokens import HONEST
from adversary.tokens import CASES
from fakes.http_api import AUDIENCE, HOST

PATH = "/v1/contacts/ada"


@pytest.fixture
def forge(api):
    key = api.stack.workspace.key
    now = int(time.time())  # noqa: TID251 -- the programs under test read the real clock
    return Forge(key.private, key.algorithm, key.kid, "https://idp.example", AUDIENCE, now)


@pytest.fixture
def asked(api):
    """Asks with each token over one connection; returns the reasons that are others than wanted."""

    def ask(cases, forge):
        connection = http.client.HTTPConnection("127.0.0.1", api.stack.port, timeout=20)
        found = {}
        for case in cases:
            token = case.make(forge)
            if is_sendable(token):
                found[str(case)] = (case.reason, reason_of(connection, token))
        connection.close()
        return found

    return ask


def is_sendable(token):
    """Whether HTTP carries the text as it is: Envoy refuses or trims the others itself."""
    return token.isascii() and token.isprintable() and token == token.strip() != ""


def reason_of(connection, token):
    connection.request("GET", PATH, headers={"Host": HOST, "Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    answer.read()
    return answer.getheader("x-accredit-reason") if answer.status in (401, 403) else answer.status


def test_hundreds_of_bad_tokens_are_refused_for_their_reasons_and_none_arrives(api, asked, forge):
    before = len(api.echo.seen)
    found = asked([case for case in CASES if case.seen is None], forge)
    assert len(found) > 500
    assert {name: pair for name, pair in found.items() if pair[0] != pair[1]} == {}
    assert len(api.echo.seen) == before


def test_honest_tokens_are_let_through(asked, forge):
    found = asked([case for case in HONEST if case.seen is None], forge)
    assert Reason.ALLOWED in {pair[0] for pair in found.values()}
    assert {name: pair[1] for name, pair in found.items() if pair[1] != 200} == {}
