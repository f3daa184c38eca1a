"""The name of one decision: a UUIDv7, so that ids sort by the time they were given (RFC 9562 §5.7)."""

import os

RANDOM_BYTES = 8

_NS_PER_MS = 1_000_000
_VERSION = 0x7 << 12
_VARIANT = 0b10 << 62
_RANDOM_MASK = (1 << 62) - 1
_DRAWN = 256  # ids that one call to the operating system is for


def decision_id(now_ns: int, random: bytes) -> str:
    """Return the UUIDv7 of an instant (Unix nanoseconds) and RANDOM_BYTES fresh random bytes.

    The 12 bits after the milliseconds hold their fraction, not chance (RFC 9562 §6.2, method 3): ids of one process
    sort finer than a millisecond, and 62 random bits keep those of all processes apart.
    """
    milliseconds, rest_ns = divmod(now_ns, _NS_PER_MS)
    fraction = (rest_ns << 12) // _NS_PER_MS
    chance = int.from_bytes(random, "big") & _RANDOM_MASK
    first = f"{(milliseconds & 0xFFFFFFFFFFFF) << 16 | _VERSION | fraction:016x}"
    last = f"{_VARIANT | chance:016x}"
    return f"{first[:8]}-{first[8:12]}-{first[12:]}-{last[:4]}-{last[4:]}"


class Chance:
    """Random bytes of the operating system, drawn for many ids at once. No two threads get the same."""

    def __init__(self) -> None:
        self._drawn: list[bytes] = []

    def draw(self) -> bytes:
        """Return RANDOM_BYTES that nobody else gets."""
        try:
            return self._drawn.pop()
        except IndexError:
            fresh = os.urandom(RANDOM_BYTES * _DRAWN)
            first, *rest = (fresh[at : at + RANDOM_BYTES] for at in range(0, len(fresh), RANDOM_BYTES))
            self._drawn.extend(rest)
            return first
