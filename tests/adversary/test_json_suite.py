"""JSONTestSuite: what is no JSON is accepted nowhere, and what is breaks nothing."""

from collections.abc import Iterator

import pytest

from adversary.json_suite import Sent, sent
from adversary.wired import Said, Wired
from fakes.envoy import check_request

# Members that stand twice: JSON by its grammar, and refused because parsers disagree (RFC 8259 §4).
TWICE = {"object_duplicated_key", "object_duplicated_key_and_value"}
OPEN = ("payload", "message")  # where a whole value stands, which is no token and no message


@pytest.fixture(scope="module")
def judged(corpora) -> list[tuple[Sent, Said]]:
    def ask() -> Iterator[tuple[Sent, Said]]:
        worlds: dict[int, Wired] = {}
        for each in sent(corpora / "jsontestsuite"):
            wired = worlds.setdefault(id(each.seen), Wired(each.seen))
            yield each, wired.ask(check_request(**each.request))

    return list(ask())


def test_the_suite_is_there(judged):
    assert len(judged) > 4 * 300


def test_what_is_no_json_is_refused_as_such(judged):
    as_such = {"token_malformed", "request_malformed", "body_missing", "body_too_large"}
    bad = [(each, said) for each, said in judged if each.kind == "n"]
    assert [each.name for each, said in bad if said.is_open or said.record["reason"] not in as_such] == []


def test_nothing_breaks_the_check(judged):
    assert [each for each, said in judged if said.record["reason"] == "internal_error"] == []


def test_a_value_alone_is_no_token_and_no_message(judged):
    assert [each.name for each, said in judged if each.place in OPEN and said.is_open] == []


def test_what_is_json_is_taken_as_a_claim_and_as_an_argument_unless_a_member_stands_twice(judged):
    refused = {each.name for each, said in judged if each.kind == "y" and each.place not in OPEN and not said.is_open}
    assert refused == TWICE
