"""Remembers what tokens proved, by the whole token, as long as one view serves.

A token is known by its SHA-256, which takes a tenth of the room. A proof depends on token and view alone, so a
remembered one answers as a fresh one would. Only proved tokens are kept: a sender without a trusted key cannot fill the
store. Each issuer has an equal share of it, and its oldest proof goes when a new one needs the room: tokens live
shortly, so the first seen is the first of no more use.

Beside it a few tokens with bad signatures are kept, because a client that holds one sends it again and again, and each
would cost as much as a good one. What strangers push out of there is only found bad anew.
"""

import threading
from collections import deque
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple

from accredit_extauthz.contract.names import IssuerName
from accredit_extauthz.decide.authentication import Proof, prove
from accredit_extauthz.decide.view import View
from accredit_extauthz.model.decision import Evidence
from accredit_extauthz.model.delegation import Subject
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import Refusal, Verdict, refuse
from accredit_extauthz.serve.parts import Parts
from accredit_extauthz.serve.recent import Recent

MAX_TOKENS = 65_536
MAX_FORGED = 4096
MAX_BYTES = 64 * 1024 * 1024  # of token text; a proof takes one or two times its token


@dataclass(slots=True)
class _Share:
    """The tokens of one issuer, oldest first, with the characters of each, and of all."""

    tokens: deque[tuple[bytes, int]] = field(default_factory=deque)
    size: int = 0


class _Forged(NamedTuple):
    """Why a token was refused, and whom it speaks of."""

    verdict: Verdict
    unverified_user: Subject | None


@dataclass(slots=True)
class _Epoch:
    """The store of one view."""

    view: View
    proofs: dict[bytes, Proof] = field(default_factory=dict)
    shares: dict[IssuerName, _Share] = field(default_factory=dict)
    forged: Recent[bytes, _Forged] = field(default_factory=lambda: Recent(MAX_FORGED))
    parts: Parts = field(default_factory=Parts)


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
        """Return what the token proves. Raises what `decide.authentication.prove` raises.

        Of refusals only token_signature is remembered: the others are found before the signature, or without it.
        """
        epoch = self._epoch
        if epoch is None or epoch.view is not view:
            epoch = self._epoch = _Epoch(view)
        known_by = sha256(token.encode("utf-8", "surrogatepass")).digest()
        proof = epoch.proofs.get(known_by)
        if proof is not None:
            self.hits += 1
            return proof
        self.misses += 1
        proof = epoch.parts.shared(_proved(token, known_by, epoch, evidence))
        with self._keeping:
            self._keep(epoch, known_by, len(token), proof)
        return proof

    def _keep(self, epoch: _Epoch, known_by: bytes, size: int, proof: Proof) -> None:
        share = epoch.shares.setdefault(proof.issuer.record.name, _Share())
        while share.tokens and self._is_full(share, size, len(epoch.view.issuers)):
            oldest, freed = share.tokens.popleft()
            share.size -= freed
            epoch.proofs.pop(oldest, None)
        epoch.proofs[known_by] = proof
        share.tokens.append((known_by, size))
        share.size += size

    def _is_full(self, share: _Share, size: int, issuers: int) -> bool:
        """Whether a token of `size` more would take an issuer beyond its share."""
        return (len(share.tokens) + 1) * issuers > self._max_tokens or (share.size + size) * issuers > self._max_bytes


def _proved(token: str, known_by: bytes, epoch: _Epoch, evidence: Evidence) -> Proof:
    known = epoch.forged.get(known_by)
    if known is not None:
        evidence.unverified_user = known.unverified_user
        refuse(*known.verdict)
    try:
        return prove(token, epoch.view, evidence)
    except Refusal as refusal:
        if refusal.reason is Reason.TOKEN_SIGNATURE:
            epoch.forged.put(known_by, _Forged(Verdict(refusal.reason, refusal.message), evidence.unverified_user))
        raise
