from accredit_extauthz.contract.publication import Beat, decode_beat, encode_beat, shard_name


def test_a_beat_is_read_as_written() -> None:
    beat = Beat(writer="w", sequence=7, written_at=1.5)
    assert decode_beat(encode_beat(beat)) == beat


def test_what_is_no_beat_is_none() -> None:
    assert decode_beat("") is None
    assert decode_beat('{"writer":"w"}') is None


def test_a_shard_is_named_by_bucket_and_sequence() -> None:
    assert shard_name("b-3f", 12) == "accredit-shard-b-3f-12"
