import json

import pytest

from accredit_extauthz.contract.codec import (
    SnapshotUnreadable,
    assemble,
    content_digest,
    decode_document,
    decode_head,
    digest,
    encode_document,
    encode_head,
    encode_shard,
)
from accredit_extauthz.contract.snapshot import FORMAT, Head, Shard
from fakes.scene import agent, issuer_record, policy

SHARDS = {
    "cluster": encode_shard(Shard(issuers=(issuer_record(),))),
    "b-01": encode_shard(Shard(agents=(agent(),), policies=(policy(),))),
}


def head(sequence: int = 5, **changes: str) -> Head:
    digests = {name: digest(data) for name, data in SHARDS.items()} | changes
    return Head(writer="test", sequence=sequence, format=FORMAT, shards=digests)


def test_a_document_gives_back_every_record() -> None:
    snapshot = decode_document(encode_document(head(), SHARDS))
    assert snapshot.sequence == 5
    assert snapshot.issuers == (issuer_record(),)
    assert snapshot.agents == (agent(),)
    assert snapshot.policies == (policy(),)


def test_equal_content_has_equal_bytes_and_digest_whatever_the_sequence() -> None:
    assert encode_shard(Shard(agents=(agent(),))) == encode_shard(Shard(agents=(agent(),)))
    assert content_digest(head(5)) == content_digest(head(6))
    assert content_digest(head(5)) != content_digest(head(5, cluster="sha256:0"))


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{}", id="no head"),
        pytest.param(b"\xff", id="no UTF-8"),
        pytest.param(encode_document(head(), SHARDS)[:-40], id="cut off"),
        pytest.param(encode_document(head(), SHARDS).replace(b"planner", b"plannex"), id="one byte changed"),
        pytest.param(encode_document(head(cluster="sha256:0"), SHARDS), id="another digest in the head"),
        pytest.param(encode_document(head(), SHARDS).replace(b'"format":1', b'"format":2'), id="a newer format"),
    ],
)
def test_a_damaged_document_is_unreadable(damaged: bytes) -> None:
    with pytest.raises(SnapshotUnreadable):
        decode_document(damaged)


def test_a_shard_that_the_head_names_and_nobody_has_is_an_error() -> None:
    with pytest.raises(SnapshotUnreadable, match="b-01"):
        assemble(head(), {"cluster": SHARDS["cluster"]})


def test_a_shard_with_the_right_digest_and_the_wrong_shape_is_an_error() -> None:
    data = json.dumps({"issuers": [{"name": 1}]}).encode()
    with pytest.raises(SnapshotUnreadable, match="cluster"):
        assemble(Head(writer="w", sequence=1, format=FORMAT, shards={"cluster": digest(data)}), {"cluster": data})


def test_a_head_is_read_as_written() -> None:
    assert decode_head(encode_head(head())) == head()
    with pytest.raises(SnapshotUnreadable):
        decode_head(b'{"writer":1}')


def test_shards_of_other_names_and_equal_content_have_the_same_digest() -> None:
    renamed = Head(writer="w", sequence=9, format=FORMAT, shards={f"{name}-9": d for name, d in head().shards.items()})
    assert content_digest(renamed) == content_digest(head())
