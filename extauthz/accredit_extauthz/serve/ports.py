"""What the shell asks of the world: a clock, a place for audit records, and a meter."""

from typing import Protocol

from accredit_extauthz.model.decision import Decision


class AuditUnavailable(Exception):
    """An audit record could not be made durable; the message says where and why."""


class Clock(Protocol):
    """The only source of time."""

    def now_ns(self) -> int:
        """Return Unix time in nanoseconds."""

    def ticks_ns(self) -> int:
        """Return a monotonic reading in nanoseconds."""


class AuditSink(Protocol):
    """Where audit records go."""

    def write(self, line: bytes) -> None:
        """Return once `line`, or several, newlines included, is with the operating system. Raises AuditUnavailable."""


class Meter(Protocol):
    """What is counted of each check."""

    def checked(self, decision: Decision, elapsed_ns: int) -> None:
        """Count one answered check."""

    def audited(self, records: int) -> None:
        """Count audit records that were written."""

    def audit_failed(self, records: int) -> None:
        """Count audit records that could not be written."""

    def under_way(self, change: int) -> None:
        """Count checks that begin, or as a negative number checks that end."""
