"""Tells RSA keys whose factors can be found: made by a library that drew them as powers of 65537 (CVE-2017-15361)."""

_GENERATOR = 65537
_PRIMES = tuple(n for n in range(3, 168) if all(n % smaller for smaller in range(2, n)))


def _powers(prime: int) -> frozenset[int]:
    found, power = set(), 1
    while power not in found:
        found.add(power)
        power = power * _GENERATOR % prime
    return frozenset(found)


_POWERS = {prime: _powers(prime) for prime in _PRIMES}


def is_roca(modulus: int) -> bool:
    """Whether an RSA modulus has the library's fingerprint: a power of 65537 by every small prime.

    One honest modulus in some hundred million has it too. Source: Nemec et al., "The Return of Coppersmith's Attack",
    2017, §2.
    """
    return all(modulus % prime in powers for prime, powers in _POWERS.items())
