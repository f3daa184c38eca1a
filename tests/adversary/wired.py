"""The check of a process as it is wired there, with all that it remembers, around a clock that stands still."""

import json
from typing import Any, NamedTuple

from accredit_extauthz.app import answering
from accredit_extauthz.codec.envoy_subset_pb2 import CheckResponse
from accredit_extauthz.decide.view import View
from accredit_extauthz.observe.metrics import Metrics
from accredit_extauthz.serve.holder import Holder
from accredit_extauthz.serve.proofs import Proofs
from accredit_extauthz.serve.unknown_keys import UnknownKeys
from fakes.shell import FakeClock


class Said(NamedTuple):
    """An answer, and the one record that it left."""

    answer: CheckResponse
    record: dict[str, Any]

    @property
    def is_open(self) -> bool:
        """Whether Envoy would let the request pass: only `status.code` decides."""
        return self.answer.status.code == 0


class _LastLines:
    """Keeps what was written since it was last asked."""

    def __init__(self) -> None:
        self._written = b""

    def write(self, line: bytes) -> None:
        self._written += line

    def taken(self) -> bytes:
        written, self._written = self._written, b""
        return written


class Wired:
    """Asks one check after another; `show` changes the view beneath it, as a new snapshot does."""

    def __init__(self, seen: View | None = None) -> None:
        clock, proofs = FakeClock(), Proofs()
        self._holder = Holder(clock)
        self._lines = _LastLines()
        metrics = Metrics(self._holder, proofs, clock, "test")
        self._check = answering(self._holder, clock, proofs, self._lines, metrics, UnknownKeys())
        if seen is not None:
            self.show(seen)

    def show(self, seen: View) -> None:
        """Serve another view from now on."""
        if self._holder.current is not seen:
            self._holder.swap(seen)

    def ask(self, data: bytes) -> Said:
        """The answer to one check. Asserts that it left exactly one line of JSON."""
        answer = CheckResponse.FromString(self._check(data))
        (line,) = self._lines.taken().split(b"\n")[:-1]
        return Said(answer, json.loads(line))
