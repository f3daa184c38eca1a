"""Text that reaches tokens, scopes and headers: what grammars written as patterns cannot see."""

from collections.abc import Iterator, Sequence

from accredit_extauthz.contract.names import has_hidden_characters
from accredit_operator.compile.verdict import Problem


def find_hidden(texts: Sequence[str], field: str) -> Iterator[Problem]:
    """Yield a problem for each text with a hidden character. `field` is the path of the list."""
    for index, text in enumerate(texts):
        yield from find_hidden_in(text, f"{field}[{index}]")


def find_hidden_in(text: str | None, field: str) -> Iterator[Problem]:
    """Yield a problem when `text` has a character that makes two names look alike."""
    if text is not None and has_hidden_characters(text):
        yield Problem(field, "it has a control, invisible, private or unassigned character", "write it without")
