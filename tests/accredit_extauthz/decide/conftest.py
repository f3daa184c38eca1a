"""Whatever refuses in these tests refuses with a sentence, as `Refusal` promises."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from accredit_extauthz.model.refusal import Refusal

_CRDS = Path(__file__).parents[3] / "crds"
_FIELDS = {name for file in _CRDS.glob("*.yaml") for name in re.findall(r"\b[a-zA-Z]+[a-z][A-Z]\w*", file.read_text())}
_NAMES = {name.lower(): name for name in (*_FIELDS, "Delegated", "JWS", "RFC")}
_FIRST = re.compile(r"[a-z0-9`']|(AgentIdentity|ToolPolicy|Revocation) |(MCP|Mcp)-|[A-Z]+ (to|means) ")
_QUOTED = re.compile("'[^']*'|\"[^\"]*\"")


def assert_sentence(message: object) -> None:
    """Words in lower case, but for names, and those as they are spelt; no full stop."""
    assert isinstance(message, str)
    assert _FIRST.match(message), message
    assert any(word.isalpha() and word.islower() for word in message.split()), message
    assert not message.endswith("."), message
    for word in re.findall(r"\w+", _QUOTED.sub("", message)):
        assert word == _NAMES.get(word.lower(), word), message


@pytest.fixture(scope="module", autouse=True)
def _every_refusal_is_a_sentence() -> Iterator[None]:
    init = Refusal.__init__

    def checked(refusal: Refusal, reason: object, message: object) -> None:
        assert_sentence(message)
        init(refusal, reason, message)  # type: ignore[arg-type]  # the tests ask for what the types promise

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Refusal, "__init__", checked)
        yield
