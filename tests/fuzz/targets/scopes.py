"""A scope on the first line, the entries of a ceiling on the others: the grammar, and what is covered."""

from accredit_extauthz.contract.scope_pattern import is_scope, parse_ceiling, parse_scope_pattern
from reference.text import is_scope as is_scope_there
from reference.text import is_under_ceiling

SEEDS = (
    b"tool:crm:read\ntool:crm:*\ntool:crm:read",
    b"tool:crm:\ntool:crm:*",
    b"a/b\na/*\na.*\n*\na*\na:*b",
    b"tool:crm:*\ntool:crm:*",
    b'a"b\na\\b\n\n \n\x7f',
)


def judge(data: bytes) -> None:
    """Raise AssertionError when a ceiling covers what none of its entries spells, or an entry is misread."""
    scope, *entries = data.decode("latin-1").split("\n")
    assert is_scope(scope) == is_scope_there(scope)
    patterns = [entry for entry in entries if parse_scope_pattern(entry) is not None]
    for entry in entries:
        assert (entry in patterns) == _is_entry(entry)
    assert parse_ceiling(entries).covers(scope) == is_under_ceiling(scope, tuple(patterns))


def _is_entry(text: str) -> bool:
    """One star at most, at the end, after a separator that follows something."""
    stem = text.removesuffix("*")
    is_ended = stem == text or (len(stem) > 0 and stem[-1] in ":./")
    return is_scope_there(text) and "*" not in stem and is_ended
