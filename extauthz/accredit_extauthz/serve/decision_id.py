"""The name of one decision: a UUIDv7, so that ids sort by the time they were given (RFC 9562 §5.7)."""

_NS_PER_MS = 1_000_000
_VERSION = 0x7 << 76
_VARIANT = 0b10 << 62
_RANDOM_MASK = (1 << 62) - 1

RANDOM_BYTES = 8


def decision_id(now_ns: int, random: bytes) -> str:
    """Return the UUIDv7 of an instant (Unix nanoseconds) and RANDOM_BYTES fresh random bytes.

    The 12 bits after the milliseconds hold their fraction, not chance (RFC 9562 §6.2, method 3): ids of one process
    sort finer than a millisecond, and 62 random bits keep those of all processes apart.
    """
    milliseconds, rest_ns = divmod(now_ns, _NS_PER_MS)
    fraction = (rest_ns << 12) // _NS_PER_MS
    chance = int.from_bytes(random, "big") & _RANDOM_MASK
    digits = f"{(milliseconds & 0xFFFFFFFFFFFF) << 80 | _VERSION | fraction << 64 | _VARIANT | chance:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
