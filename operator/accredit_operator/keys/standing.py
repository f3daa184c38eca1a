"""How an issuer's keys stand at one moment, and the condition KeysFetched that says so. Pure."""

from dataclasses import dataclass

from accredit_extauthz.contract.snapshot import Key
from accredit_operator.conditions import Condition, Status
from accredit_operator.world import Problem


@dataclass(frozen=True, slots=True)
class Standing:
    """The keys that count now, when they were fetched (Unix seconds), and what there is to say about them."""

    keys: tuple[Key, ...] = ()
    fetched_at: int | None = None  # of the last good set, also where it is too old to count
    left_out: tuple[Problem, ...] = ()
    trouble: str | None = None  # why the last fetch brought nothing
    has_lapsed: bool = False  # whether the last good set is older than spec.jwks.maxStale

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The IDs of the keys that count, for status.keyIDs."""
        return tuple(key.kid for key in self.keys if key.kid is not None)


def keys_fetched(standing: Standing, generation: int) -> Condition:
    """Return the condition KeysFetched of a TrustedIssuer whose keys are fetched."""
    reason, sentence = _verdict(standing)
    said = (sentence, *([standing.trouble] if standing.trouble else []), *map(str, standing.left_out))
    return Condition(
        type="KeysFetched",
        status=Status.TRUE if standing.keys else Status.FALSE,
        reason=reason,
        message="; ".join(said),
        observed_generation=generation,
    )


def _verdict(standing: Standing) -> tuple[str, str]:
    if standing.has_lapsed:
        return "Stale", "the last good keys are older than spec.jwks.maxStale, so no token verifies"
    if standing.fetched_at is None:
        return "NotFetched", "no keys have been fetched, so no token verifies"
    if not standing.keys:
        return "NoUsableKeys", "no key of the set is usable"
    kept = ", the last good ones" if standing.trouble else ""
    return "KeysUsable", f"{len(standing.keys)} usable{kept}"
