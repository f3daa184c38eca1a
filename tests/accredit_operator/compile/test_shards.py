from accredit_extauthz.contract.codec import digest
from accredit_extauthz.contract.names import AgentRef, PolicyRef
from accredit_extauthz.contract.snapshot import (
    FORMAT,
    AgentRecord,
    HostOwner,
    PolicyRecord,
    RevocationRecord,
)
from accredit_operator.compile.memo import Memo
from accredit_operator.compile.shards import CLUSTER, MAX_SHARD_BYTES, Records, bucket, head_of, shard_records


def agent(namespace, name, **changes):
    return AgentRecord(ref=AgentRef(namespace, name), identities=(), **changes)


def sharded(records):
    return shard_records(records, Memo())


RECORDS = Records(
    owners=(HostOwner(pattern="b.example", namespace="x"), HostOwner(pattern="a.example", namespace="x")),
    agents=(agent("research", "b"), agent("tools", "a"), agent("research", "a")),
    policies=(PolicyRecord(ref=PolicyRef("tools", "p"), targets=()),),
    revocations=(
        RevocationRecord(namespace="ops", name="all", everywhere=True),
        RevocationRecord(namespace="research", name="some"),
    ),
)


def test_a_namespace_is_in_the_bucket_of_its_hash():
    # printf research | sha256sum
    assert bucket("research") == "b-66"
    assert bucket("tools") == "b-f9"


def test_records_lie_in_the_shards_of_their_namespaces():
    shards = sharded(RECORDS)
    assert list(shards) == ["b-66", "b-f9", CLUSTER]
    assert b'"some"' in shards["b-66"]
    assert b'"policies"' in shards["b-f9"]
    assert b'"all"' in shards[CLUSTER]
    assert b'"owners"' in shards[CLUSTER]


def test_the_order_of_records_makes_no_difference():
    turned = Records(
        owners=RECORDS.owners[::-1],
        agents=RECORDS.agents[::-1],
        policies=RECORDS.policies,
        revocations=RECORDS.revocations[::-1],
    )
    assert sharded(turned) == sharded(RECORDS)


def test_nothing_at_all_is_one_empty_shard():
    assert sharded(Records()) == {CLUSTER: b"{}"}


def test_a_head_names_every_shard_by_its_digest():
    shards = sharded(RECORDS)
    head = head_of(shards, writer="w", sequence=7)
    assert (head.writer, head.sequence, head.format) == ("w", 7, FORMAT)
    assert head.shards == {name: digest(data) for name, data in shards.items()}


def test_one_change_rewrites_one_shard():
    changed = Records(
        owners=RECORDS.owners, agents=RECORDS.agents[1:], policies=RECORDS.policies, revocations=RECORDS.revocations
    )
    before, after = sharded(RECORDS), sharded(changed)
    assert [name for name in before if before[name] != after[name]] == ["b-66"]


class TestLargeBuckets:
    def many(self, count, **changes):
        return Records(agents=tuple(agent("research", f"a-{n:05d}", **changes) for n in range(count)))

    def test_a_bucket_of_many_records_is_several_shards_with_every_record_once(self):
        shards = sharded(self.many(1000))
        assert len(shards) == 5
        assert {name.partition(".")[0] for name in shards} == {"b-66", CLUSTER}
        assert sum(data.count(b'"a-') for data in shards.values()) == 1000

    def test_one_change_rewrites_one_of_them(self):
        before = sharded(self.many(1000))
        records = self.many(1000).agents
        after = sharded(Records(agents=(agent("research", "a-00000", scopes=("s",)), *records[1:])))
        assert len([name for name in before if before[name] != after[name]]) == 1

    def test_large_records_make_more_of_them_and_none_is_larger_than_its_place(self):
        shards = sharded(self.many(40, scopes=("x" * 100_000,)))
        assert max(map(len, shards.values())) <= MAX_SHARD_BYTES
        assert sum(data.count(b'"a-') for data in shards.values()) == 40
