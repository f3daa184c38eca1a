"""What the control plane asks of the world outside."""

from typing import Protocol


class Clock(Protocol):
    """The only source of time."""

    def now_ns(self) -> int:
        """Return Unix time in nanoseconds."""

    def ticks_ns(self) -> int:
        """Return a monotonic reading in nanoseconds."""


class Log(Protocol):
    """Where the operator says what happened: one structured line an event."""

    def say(self, level: str, event: str, **fields: object) -> None:
        """Write one line. `event` is a sentence; `fields` are values beside it."""
