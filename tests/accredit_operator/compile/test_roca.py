import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from accredit_operator.compile.roca import is_roca


@pytest.mark.parametrize("exponent", [128, 129, 200])
def test_a_power_of_the_librarys_generator_has_its_fingerprint(exponent: int) -> None:
    assert is_roca(65537**exponent)


def test_honest_moduli_have_it_not() -> None:
    made = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(3)]
    assert not [key for key in made if is_roca(key.public_key().public_numbers().n)]


def test_one_residue_that_is_no_power_is_enough() -> None:
    assert not is_roca(65537**128 * 11)
