"""Whenever a message is allowed, every server reads in it the method and the name that were judged."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import NamedTuple

from accredit_extauthz.model.operation import RESPONSE
from adversary.messages import SEEN, sending
from adversary.random_bodies import body
from adversary.reading import Read, Reader
from adversary.wired import Wired
from fakes.envoy import check_request

_MEMBERS = {"resources/read": "uri", "tools/call": "name", "prompts/get": "name"}


class Allowed(NamedTuple):
    """A body that passed, and what it was judged as."""

    data: bytes
    method: str
    name: str | None


def allowed(seed: int, count: int) -> list[Allowed]:
    """Of `count` random bodies, those that pass."""
    rng, wired, found = Random(seed), Wired(SEEN), []
    for _ in range(count):
        data = body(rng)
        said = wired.ask(check_request(**sending(data, {})))
        assert said.record["reason"] != "internal_error", data
        if said.is_open:
            operation = said.record["operation"]
            found.append(Allowed(data, operation["method"], operation["tool"]))
    return found


def divided(passed: Sequence[Allowed], readers: Mapping[str, Reader]) -> list[tuple[str, Allowed, Read]]:
    """Who reads something else than was judged, in which body, and what. Whoever refuses the body reads nothing."""
    bodies = [each.data for each in passed]
    return [
        (name, each, read)
        for name, reader in readers.items()
        for each, read in zip(passed, reader(bodies), strict=True)
        if read is not None and not _agrees(each, read)
    ]


def _agrees(each: Allowed, read: Mapping[str, str | None]) -> bool:
    if each.method == RESPONSE:
        return not read["method"]
    member = _MEMBERS.get(each.method)
    return read["method"] == each.method and (member is None or read[member] == each.name)
