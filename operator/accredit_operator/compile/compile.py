"""The order of compilation: issuers, agents, policies, revocations, shards. A function of its arguments alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from accredit_extauthz.contract.snapshot import Key
from accredit_operator.compile.agents import compile_agents
from accredit_operator.compile.issuers import compile_issuers
from accredit_operator.compile.memo import Memo
from accredit_operator.compile.policies import compile_policies
from accredit_operator.compile.premises import MANIFESTS, Premises
from accredit_operator.compile.revocations import compile_revocations
from accredit_operator.compile.shards import Records, shard_records
from accredit_operator.compile.verdict import Verdict
from accredit_operator.world import World

_NO_KEYS: Mapping[str, tuple[Key, ...]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Compiled:
    """A snapshot's shards by name, as canonical bytes, and the verdict on every object, sorted by key."""

    shards: Mapping[str, bytes]
    verdicts: tuple[Verdict, ...]


def compile_world(
    world: World,
    premises: Premises = MANIFESTS,
    keys: Mapping[str, tuple[Key, ...]] = _NO_KEYS,
    memo: Memo | None = None,
) -> Compiled:
    """Return the snapshot of a world and the verdicts on its objects, whatever order they came in.

    `keys` holds what was fetched for the issuers whose keys are not inline, by TrustedIssuer name. `memo` is that of
    the compilation before: it makes this one cheaper, and changes nothing of it.
    """
    memo = memo or Memo()
    issuers, on_issuers = compile_issuers(world, keys, memo)
    agents, on_agents = compile_agents(world, issuers, premises, memo)
    policies, ownership, on_policies = compile_policies(world, issuers, premises, memo)
    revocations, on_revocations = compile_revocations(world, issuers, premises, memo)
    records = Records(
        issuers=tuple(issuers.records.values()),
        owners=ownership.records(),
        agents=agents,
        policies=policies,
        revocations=revocations,
    )
    verdicts = (*on_agents, *on_revocations, *on_policies, *on_issuers)  # as their kinds are spelt
    return Compiled(shard_records(records, memo), verdicts)
