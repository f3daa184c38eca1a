"""What the shell meets: a clock that stands still, places for records, a meter that remembers, a snapshot in a file."""

from typing import Any

from accredit_extauthz.contract.codec import digest, encode_document, encode_shard
from accredit_extauthz.contract.snapshot import FORMAT, Head, Shard
from accredit_extauthz.model.decision import Decision
from accredit_extauthz.serve.ports import AuditUnavailable
from fakes import scene
from fakes.issuer import NOW

S = 1_000_000_000


class FakeClock:
    """Time that moves when a test says so."""

    def __init__(self, now_ns: int = NOW * S) -> None:
        self.now = now_ns
        self.ticks = 0

    def now_ns(self) -> int:
        return self.now

    def ticks_ns(self) -> int:
        return self.ticks

    def pass_s(self, seconds: float) -> None:
        self.ticks += int(seconds * S)
        self.now += int(seconds * S)


class ListSink:
    """Keeps records, unless it is told to be broken."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.broken = False
        self.writes = 0

    def write(self, line: bytes) -> None:
        if self.broken:
            raise AuditUnavailable("audit records cannot be written to the test: broken")
        self.writes += 1
        self.lines += line.splitlines(keepends=True)


class ListMeter:
    """Remembers what was counted."""

    def __init__(self) -> None:
        self.decisions: list[Decision] = []
        self.records = 0
        self.failures = 0
        self.now = self.most = 0

    def checked(self, decision: Decision, elapsed_ns: int) -> None:
        self.decisions.append(decision)

    def audited(self, records: int) -> None:
        self.records += records

    def audit_failed(self, records: int) -> None:
        self.failures += records

    def under_way(self, change: int) -> None:
        self.now += change
        self.most = max(self.most, self.now)


def document(sequence: int = 1, **changes: Any) -> bytes:
    """A snapshot file of the scene's world, as the control plane writes it."""
    world = scene.snapshot(**changes)
    names = ("issuers", "owners", "agents", "policies", "revocations")
    shards = {"all": encode_shard(Shard(**{name: getattr(world, name) for name in names}))}
    head = Head(writer="test", sequence=sequence, format=FORMAT, shards={"all": digest(shards["all"])})
    return encode_document(head, shards)
