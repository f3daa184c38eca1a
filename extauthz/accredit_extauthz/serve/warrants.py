"""Remembers what proved tokens are worth where policies govern: the few pairs that are met again and again.

A pair is kept when it is met for the second time while the first is remembered. Most tokens that take turns in their
tens of thousands are not, and weighing anew costs less than keeping, and forgetting, what is never asked for.
"""

from msgspec.structs import replace

from accredit_extauthz.decide.authentication import Proof
from accredit_extauthz.decide.chain import ProvedChain
from accredit_extauthz.decide.view import View
from accredit_extauthz.decide.warrant import Warrant, weigh
from accredit_extauthz.model.governing import Governing
from accredit_extauthz.serve.recent import Recent

MAX_WARRANTS = 4096


class Warrants:
    """Weighs proofs, from memory where it can. A proof belongs to one view, and so does what it is worth."""

    def __init__(self, bound: int = MAX_WARRANTS) -> None:
        self._recent: Recent[tuple[int, int], Warrant] = Recent(bound)
        self._met: Recent[tuple[int, int], tuple[int, int]] = Recent(bound)

    def weigh(self, proof: Proof, chain: ProvedChain, governing: Governing, view: View) -> Warrant:
        """Return what `decide.warrant.weigh` returns, with grounds when it is kept."""
        key = (id(proof), id(governing))
        warrant = self._recent.get(key)
        # An entry holds both, so nothing else can have their ids; the comparison makes that certain.
        if warrant is None or warrant.proof is not proof or warrant.governing is not governing:
            warrant = weigh(proof, chain, governing, view)
            if self._met.get(key) is None:  # it holds neither: what has their ids by now is kept a little early
                self._met.put(key, key)
            else:
                warrant = replace(warrant, grounds=object())
                self._recent.put(key, warrant)
        return warrant
