"""The name of one decision: a UUIDv7, so that ids sort by the time they were given (RFC 9562 §5.7).

It has two halves, of its instant and of chance. The 12 bits after the milliseconds hold their fraction (RFC 9562 §6.2,
method 3): ids of one process sort finer than a millisecond, and 62 random bits keep those of all processes apart.
"""

import os

RANDOM_BYTES = 8

_NS_PER_MS = 1_000_000
_VERSION = 0x7 << 12
_VARIANTS = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}  # the first two bits are 10
_DRAWN = 256  # ids that one call to the operating system is for


def of_instant(now_ns: int) -> str:
    """Return the first half of an id, which those of one instant (Unix nanoseconds) share."""
    milliseconds, rest_ns = divmod(now_ns, _NS_PER_MS)
    fraction = (rest_ns << 12) // _NS_PER_MS
    text = f"{(milliseconds & 0xFFFFFFFFFFFF) << 16 | _VERSION | fraction:016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:]}-"


def of_chance(random: bytes) -> str:
    """Return the second half of an id, of RANDOM_BYTES fresh random bytes."""
    text = random.hex()
    return f"{_VARIANTS[text[0]]}{text[1:4]}-{text[4:]}"


class Chance:
    """Second halves of ids, from random bytes of the operating system, drawn for many at once.

    No two threads get the same.
    """

    def __init__(self) -> None:
        self._drawn: list[str] = []

    def draw(self) -> str:
        """Return the second half of an id that nobody else gets."""
        try:
            return self._drawn.pop()
        except IndexError:
            fresh = os.urandom(RANDOM_BYTES * _DRAWN)
            first, *rest = (of_chance(fresh[at : at + RANDOM_BYTES]) for at in range(0, len(fresh), RANDOM_BYTES))
            self._drawn.extend(rest)
            return first
