"""How large one compiled object may be: a shard holds many, and must fit where it is stored."""

from collections.abc import Iterator

import msgspec

from accredit_extauthz.contract.snapshot import Record
from accredit_operator.compile.verdict import ConditionReason, Problem

MAX_RECORD_BYTES = 256 * 1024


def find_oversize(record: Record) -> Iterator[Problem]:
    """Yield a problem when the record's bytes are more than one object may take."""
    size = len(msgspec.json.encode(record))
    if size > MAX_RECORD_BYTES:
        found = f"compiled it takes {size} bytes, more than {MAX_RECORD_BYTES}"
        yield Problem("spec", found, "split it into several objects", ConditionReason.TOO_LARGE)
