"""One attack as a row of a table, and what the real Check says of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from accredit_extauthz.decide.view import View
from accredit_extauthz.model.reason import Reason
from adversary.wired import Said, Wired
from fakes.envoy import check_request


@dataclass(frozen=True)
class Case:
    """A request that must be denied for `reason`; with the reason `allowed`, its harmless twin."""

    name: str
    reason: Reason
    seen: View
    request: dict[str, Any] = field(default_factory=dict)  # the arguments of check_request

    @property
    def data(self) -> bytes:
        """The bytes of its CheckRequest."""
        return check_request(**self.request)


def surprises(cases: Iterable[Case]) -> dict[str, str]:
    """The cases that come out otherwise, with what the answer and its one record say; empty when all is well.

    One check answers them all, so that what it remembers of one is there for the next to profit from.
    """
    wired, found = Wired(), {}
    for case in cases:
        wired.show(case.seen)
        said, wanted = _told(wired.ask(case.data)), _as_wanted(case.reason)
        if said != wanted:
            found[case.name] = said
    return found


def _told(said: Said) -> str:
    is_open = said.is_open or said.answer.HasField("ok_response")
    return f"{'open' if is_open else 'shut'}: {said.record['decision']} {said.record['reason']}"


def _as_wanted(reason: Reason) -> str:
    is_open = reason in (Reason.ALLOWED, Reason.ALLOWED_PUBLIC)
    return f"open: allow {reason}" if is_open else f"shut: deny {reason}"
