"""JSONTestSuite's files, each put where a sender could put it: a token's payload or claim, a message, an argument."""

import json
import pathlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from accredit_extauthz.decide.view import View
from adversary.bodies import TOOL
from adversary.messages import SEEN, sending
from adversary.tokens import FORGE, bearing
from fakes.attack import WIDE

_VALUE = b'"ada"'


@dataclass(frozen=True)
class Sent:
    """One file in one place. `kind`: y must parse, n must not, i is open."""

    name: str
    kind: str
    place: str
    seen: View
    request: dict[str, Any]


def sent(folder: pathlib.Path) -> Iterator[Sent]:
    """Every file in every place."""
    for file in sorted(folder.glob("test_parsing/*.json")):
        data, (kind, _, name) = file.read_bytes(), file.stem.partition("_")
        header, claims = json.dumps(FORGE.header()).encode(), json.dumps(FORGE.claims()).encode()
        tokens = {"payload": FORGE.sign(header, data), "claim": FORGE.sign(header, b'{"x":' + data + b"," + claims[1:])}
        for place, token in tokens.items():
            yield Sent(name, kind, place, WIDE, bearing(token))
        for place, body in {"message": data, "argument": TOOL.replace(_VALUE, data)}.items():
            yield Sent(name, kind, place, SEEN, sending(body, {}))
