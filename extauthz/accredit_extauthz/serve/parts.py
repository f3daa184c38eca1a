"""Holds once what many proofs have alike, so that tens of thousands of them fit."""

from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from accredit_extauthz.contract.names import AgentRef
from accredit_extauthz.decide.authentication import Proof
from accredit_extauthz.model.delegation import Hop, Subject
from accredit_extauthz.model.refusal import Verdict
from accredit_extauthz.serve.recent import Recent

MAX_PARTS = 8192  # of each kind

T = TypeVar("T")


class _Chain(NamedTuple):
    """The agents of a chain, which one view reads alike whoever they act for."""

    subjects: tuple[Subject, ...]
    hops: tuple[Hop, ...]
    agents: frozenset[AgentRef]


class Parts:
    """What most tokens of an issuer have alike, held once: audiences, clients, scopes and chains. Bounded."""

    def __init__(self) -> None:
        self._texts: Recent[str, str] = Recent(MAX_PARTS)
        self._audiences: Recent[tuple[str, ...], tuple[str, ...]] = Recent(MAX_PARTS)
        self._scopes: Recent[frozenset[str], frozenset[str]] = Recent(MAX_PARTS)
        self._chains: Recent[tuple[Subject, ...], _Chain] = Recent(MAX_PARTS)

    def shared(self, proof: Proof) -> Proof:
        """Return an equal proof, made of parts that others have too."""
        proved = proof.chain
        if isinstance(proved, Verdict):
            return proof
        asked = proved.delegation
        chain = self._chains.get(asked.agents)
        if chain is None:
            chain = _Chain(asked.agents, proved.hops, proved.agents)
            self._chains.put(asked.agents, chain)
        delegation = replace(
            asked,
            agents=chain.subjects,
            client=_same(asked.client, self._texts) if asked.client else asked.client,
            scopes=_same(asked.scopes, self._scopes),
        )
        return replace(
            proof,
            claims=replace(proof.claims, audiences=_same(proof.claims.audiences, self._audiences)),
            chain=replace(proved, delegation=delegation, hops=chain.hops, agents=chain.agents),
        )


def _same(part: T, held: Recent[T, T]) -> T:
    known = held.get(part)
    if known is None:
        held.put(part, part)
    return part if known is None else known
