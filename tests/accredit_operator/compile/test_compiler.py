"""The law of the compiler that remembers: after any changes it gives what a fresh compilation gives."""

from hypothesis import given
from hypothesis import strategies as st

from accredit_extauthz.contract.snapshot import Key
from accredit_operator.compile.compile import compile_world
from accredit_operator.compile.compiler import Compiler
from accredit_operator.compile.objects import read_object
from accredit_operator.compile.premises import HostClaims, Premises
from accredit_operator.world import NamespaceFacts, World
from fakes.objects import ALLOW_HTTP, DENY, JWK, agent, host, identity, issuer, policy, revocation

TEAMS = ("red", "blue")
DATES = (None, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")
KEYS = {"remote": (Key(kid="k", algorithm="ES256", jwk={name: JWK[name] for name in ("kty", "crv", "x", "y")}),)}

agents = st.builds(
    agent,
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from(TEAMS),
    created=st.sampled_from(DATES),
    identities=st.lists(
        st.builds(identity, st.sampled_from(["s1", "s2", "s3"]), st.sampled_from(["corp-idp", "other", "remote"])),
        min_size=1,
        max_size=2,
        unique_by=lambda one: (one["subject"], one["issuerRef"]["name"]),
    ),
    delegatesTo=st.lists(
        st.sampled_from([{"name": "a"}, {"name": "b", "namespace": "blue"}]), max_size=2, unique_by=str
    ),
    suspended=st.sampled_from([False, True, "wrong"]),
)
targets = st.sampled_from(
    [
        host("a.example"),
        host("*.example"),
        host("b.a.example", paths=["/x"]),
        {"type": "Service", "service": {"name": "crm"}},
        {"type": "ServiceAccount", "serviceAccount": {"name": "crm"}},
        {"type": "Nonsense"},
    ]
)
policies = st.builds(
    lambda name, team, created, where, changes: policy(name, team, created=created, targets=where, **changes),
    st.sampled_from(["p", "q"]),
    st.sampled_from(TEAMS),
    st.sampled_from(DATES),
    st.lists(targets, min_size=1, max_size=2, unique_by=str),
    st.sampled_from([{}, {"rules": [DENY]}, {"protocol": "HTTP", "rules": [ALLOW_HTTP]}, {"mode": "Audit"}]),
)
issuers = st.builds(
    issuer,
    st.sampled_from(["corp-idp", "other"]),
    created=st.sampled_from(DATES),
    issuer=st.sampled_from(["https://idp.example", "https://other.example"]),
    allowedNamespaces=st.sampled_from(
        [
            {"from": "All"},
            {"from": "Names", "names": ["red"]},
            {"from": "Selector", "selector": {"matchLabels": {"t": "1"}}},
        ]
    ),
)
remote = st.just(issuer("remote", issuer="https://remote.example", jwks={"source": "Discovery"}))
revocations = st.builds(
    lambda name, team, spec: revocation(name, team, **spec),
    st.sampled_from(["r", "s"]),
    st.sampled_from([*TEAMS, "accredit-system"]),
    st.sampled_from([{"tokenID": "t", "issuerRef": {"name": "other"}}, {"agent": {"name": "a"}}, {"tokenID": 3}]),
)
documents = st.one_of(agents, policies, issuers, remote, revocations)
namespaces = st.builds(
    NamespaceFacts,
    st.sampled_from([*TEAMS, "empty"]),
    st.sampled_from([{}, {"t": "1"}]),
    st.sampled_from([(), ("a.example",), ("*.example",)]),
)
changes = st.lists(st.one_of(documents, namespaces, st.integers(0, 40)), max_size=12)


def changed(world, change):
    """The world after a document, a namespace, or the loss of some object."""
    match change:
        case dict():
            return world.with_object(read_object(change))
        case NamespaceFacts():
            return world.with_namespaces({**world.namespaces, change.name: change})
        case _:
            keys = sorted(world.objects)
            return world.without(keys[change % len(keys)]) if keys else world


@given(st.sampled_from(HostClaims), changes, st.data())
def test_it_gives_what_a_fresh_compilation_gives(claims, steps, data):
    premises = Premises(host_claims=claims, staleness_known=True)
    compiler, world = Compiler(premises), World()
    for change in steps:
        world = changed(world, change)
        keys = data.draw(st.sampled_from([{}, KEYS]))
        fresh = World.of(world.objects.values(), world.namespaces.values())
        assert compiler.compile(world, keys) == compile_world(fresh, premises, keys)


def test_what_has_not_changed_stays_the_same_value():
    compiler = Compiler(Premises())
    world = World.of(map(read_object, [issuer(), agent("a"), agent("b", "tools")]))
    before = compiler.compile(world, {})
    after = compiler.compile(world.with_object(read_object(agent("a", suspended=True))), {})
    assert [old is new for old, new in zip(before.verdicts, after.verdicts, strict=True)] == [False, True, True]
    assert [name for name in before.shards if before.shards[name] is not after.shards[name]] == ["b-66"]
