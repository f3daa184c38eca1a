"""Remembers what tokens proved, by the whole token, as long as one view serves.

A proof depends on token and view alone, so a remembered one answers as a fresh one would. Only proved tokens are kept:
a sender without a trusted key cannot fill the store. Each issuer has an equal share of it, and its oldest proof goes
when a new one needs the room: tokens live shortly, so the first seen is the first of no more use.
"""

import threading
from collections import deque
from dataclasses import dataclass, field

from accredit_extauthz.contract.names import IssuerName
from accredit_extauthz.decide.authentication import Proof, prove
from accredit_extauthz.decide.view import View
from accredit_extauthz.model.decision import Evidence

MAX_TOKENS = 65_536
MAX_BYTES = 64 * 1024 * 1024  # of token text; a proof takes a few times its token


@dataclass(slots=True)
class _Share:
    """The tokens of one issuer, oldest first, and their bytes."""

    tokens: deque[str] = field(default_factory=deque)
    size: int = 0


@dataclass(slots=True)
class _Epoch:
    """The store of one view."""

    view: View
    proofs: dict[str, Proof] = field(default_factory=dict)
    shares: dict[IssuerName, _Share] = field(default_factory=dict)


class Proofs:
    """Proves tokens, from memory where it can. Any number of threads may ask.

    Threads may race: the worst is a proof made twice. None is ever used with another view than it was made with,
    because a view and its store are one value.
    """

    def __init__(self, max_tokens: int = MAX_TOKENS, max_bytes: int = MAX_BYTES) -> None:
        self._max_tokens = max_tokens
        self._max_bytes = max_bytes
        self._epoch: _Epoch | None = None
        self._keeping = threading.Lock()
        self.hits = 0
        self.misses = 0

    def __len__(self) -> int:
        """Return how many proofs are held."""
        epoch = self._epoch
        return 0 if epoch is None else len(epoch.proofs)

    def prove(self, token: str, view: View, evidence: Evidence) -> Proof:
        """Return what the token proves. Raises what `decide.authentication.prove` raises; that is never remembered."""
        epoch = self._epoch
        if epoch is None or epoch.view is not view:
            epoch = self._epoch = _Epoch(view)
        proof = epoch.proofs.get(token)
        if proof is not None:
            self.hits += 1
            return proof
        self.misses += 1
        proof = prove(token, view, evidence)
        with self._keeping:
            self._keep(epoch, token, proof)
        return proof

    def _keep(self, epoch: _Epoch, token: str, proof: Proof) -> None:
        share = epoch.shares.setdefault(proof.issuer.record.name, _Share())
        while share.tokens and self._is_full(share, len(token), len(epoch.view.issuers)):
            oldest = share.tokens.popleft()
            share.size -= len(oldest)
            epoch.proofs.pop(oldest, None)
        epoch.proofs[token] = proof
        share.tokens.append(token)
        share.size += len(token)

    def _is_full(self, share: _Share, size: int, issuers: int) -> bool:
        """Whether a token of `size` more would take an issuer beyond its share."""
        return (len(share.tokens) + 1) * issuers > self._max_tokens or (share.size + size) * issuers > self._max_bytes
