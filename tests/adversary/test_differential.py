"""Other parsers beside ours. tests/torture asks far more often, and Go too."""

from adversary.bodies import OTHER, TOOL
from adversary.differential import Allowed, allowed, divided
from adversary.reading import at_hand


def test_no_server_reads_another_tool_than_was_allowed():
    passed = allowed(seed=7, count=1_000)
    assert len(passed) > 100
    assert divided(passed, at_hand()) == []


def test_a_server_that_reads_another_tool_would_be_noticed():
    readers = at_hand()
    found = divided([Allowed(OTHER, "tools/call", "contacts.search")], readers)
    assert [name for name, _, _ in found] == list(readers)
    assert divided([Allowed(TOOL, "tools/call", "contacts.search")], readers) == []
