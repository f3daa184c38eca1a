"""What an audit record says of a check beside its decision."""

import msgspec


class Occasion(msgspec.Struct, frozen=True, gc=False):
    """When a check was answered, under which name, and from which snapshot (None when there was none)."""

    decision_id: str
    now_ns: int  # Unix time
    sequence: int | None
    digest: str | None
