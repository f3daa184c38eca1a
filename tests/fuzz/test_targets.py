"""The targets without a fuzzer: their seeds, what ever crashed them, and some mutations of both."""

import random
from pathlib import Path

import pytest

from fuzz.targets import TARGETS

CRASHES = Path(__file__).parent / "crashes"
MUTANTS = 1_000


def known(name):
    return [*TARGETS[name].SEEDS, *(path.read_bytes() for path in sorted((CRASHES / name).glob("*")))]


def mutant(dice, inputs):
    """One input with a few bytes changed, cut out, or put in from another."""
    data, other = bytearray(dice.choice(inputs)), dice.choice(inputs)
    for _ in range(dice.randint(1, 4)):
        at = dice.randint(0, len(data))
        match dice.randrange(4):
            case 0:
                data[at : at + 1] = bytes([dice.randrange(256)])
            case 1:
                del data[at : at + dice.randint(1, 8)]
            case 2:
                start = dice.randint(0, len(other))
                data[at:at] = other[start : start + dice.randint(1, 16)]
            case _:
                data[at:at] = dice.choice(
                    (b'"', b"\\", b"{", b"[", b",", b"*", b"\n", b"\x00", b"\xff", b"\xe2\x80\xae")
                )
    return bytes(data)


@pytest.mark.parametrize("name", TARGETS)
def test_no_known_input_breaks_a_law(name):
    for data in known(name):
        TARGETS[name].judge(data)


@pytest.mark.parametrize("name", TARGETS)
def test_no_mutation_of_one_breaks_a_law(name):
    dice = random.Random(name)
    inputs = known(name)
    for _ in range(MUTANTS):
        data = mutant(dice, inputs)
        try:
            TARGETS[name].judge(data)
        except Exception as error:
            error.add_note(f"input: {data!r}")
            raise
