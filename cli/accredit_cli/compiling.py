"""Compiled shards as one snapshot document, and as what the server serves from it."""

from accredit_extauthz.contract.codec import decode_document, encode_document
from accredit_extauthz.contract.snapshot import Snapshot
from accredit_operator.compile.compile import Compiled
from accredit_operator.compile.shards import head_of

WRITER = "accredit"


def document_of(compiled: Compiled, sequence: int) -> bytes:
    """Return the snapshot as the one file that accredit-extauthz --snapshot reads."""
    return encode_document(head_of(compiled.shards, writer=WRITER, sequence=sequence), compiled.shards)


def snapshot_of(compiled: Compiled) -> Snapshot:
    """Return the snapshot as the server reads it back, through the same bytes."""
    return decode_document(document_of(compiled, 1))
