import json

import pytest

from accredit_extauthz.contract.publication import BEAT_NAME, HEAD_NAME
from accredit_extauthz.source.config_maps import Bookmark, Changed, Ended, Listed, Unreadable, read_event, read_list
from accredit_extauthz.source.parts import Change, Part
from fakes.publication import bookmark, event, listed, status_event


def test_a_list_is_its_version_and_its_parts():
    found = read_list(listed({HEAD_NAME: b"{}", "accredit-shard-00-1": None}, "7"))
    assert found == Listed("7", (Part(HEAD_NAME, "head", b"{}"), Part("accredit-shard-00-1", "shard", None)))


@pytest.mark.parametrize("items", [[], None], ids=["an empty list", "null for none"])
def test_a_list_of_nothing_has_no_parts(items):
    assert read_list(json.dumps({"metadata": {"resourceVersion": "7"}, "items": items}).encode()) == Listed("7", ())


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        pytest.param(event("ADDED", BEAT_NAME, b"a"), Changed("2", Change.KEPT, Part(BEAT_NAME, "beat", b"a")), id="a"),
        pytest.param(event("MODIFIED", "x", b"a"), Changed("2", Change.KEPT, Part("x", "other", b"a")), id="modified"),
        pytest.param(event("DELETED", "x", b"a"), Changed("2", Change.GONE, Part("x", "other", b"a")), id="deleted"),
        pytest.param(bookmark("9"), Bookmark("9"), id="a bookmark"),
        pytest.param(status_event(410), Ended(410, "ended"), id="an end"),
    ],
)
def test_a_line_is_one_event(line, seen):
    assert read_event(line) == seen


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b'{"type":"ADDED"}', b'{"type":1,"object":{}}'], ids=repr)
def test_what_is_something_else_is_unreadable(data):
    for read in (read_list, read_event):
        with pytest.raises(Unreadable):
            read(data)


def test_labels_and_data_that_are_null_are_absent():
    line = json.dumps({"type": "ADDED", "object": {"metadata": {"name": "x", "labels": None}, "data": None}}).encode()
    assert read_event(line) == Changed("", Change.KEPT, Part("x", "", None))
