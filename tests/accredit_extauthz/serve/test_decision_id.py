import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_extauthz.serve.decision_id import RANDOM_BYTES, Chance, of_chance, of_instant

INSTANTS = st.integers(min_value=0, max_value=2**48 * 1_000_000 - 1)
CHANCE = st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES)


def decision_id(now_ns, chance):
    return of_instant(now_ns) + of_chance(chance)


def test_the_example_of_rfc_9562_appendix_a_6():
    """unix_ts_ms 0x017F22E279B0, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F: fraction and chance chosen to give these."""
    milliseconds, fraction = 0x017F22E279B0, 0xCC3
    now_ns = milliseconds * 1_000_000 + -(-fraction * 1_000_000 // 4096)
    chance = bytes.fromhex("18C4DC0C0C07398F")
    assert decision_id(now_ns, chance) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@given(INSTANTS, CHANCE)
def test_any_id_is_a_version_7_uuid_of_its_instant(now_ns, chance):
    text = decision_id(now_ns, chance)
    found = uuid.UUID(text)
    assert (found.version, found.variant, str(found)) == (7, uuid.RFC_4122, text)
    assert found.int >> 80 == now_ns // 1_000_000


@given(st.tuples(INSTANTS, INSTANTS), st.tuples(CHANCE, CHANCE))
def test_a_later_id_never_sorts_before_by_more_than_its_resolution(instants, chances):
    early, late = sorted(instants)
    if late - early > 1_000_000 // 4096 + 1:
        assert decision_id(early, chances[0]) < decision_id(late, chances[1])


@pytest.mark.parametrize("chance", [b"\xff" * 8, b"\x00" * 8], ids=["all ones", "all zeros"])
def test_chance_leaves_version_and_variant_alone(chance):
    assert uuid.UUID(decision_id(0, chance)).version == 7


def test_chance_gives_every_thread_its_own():
    chance = Chance()
    with ThreadPoolExecutor(4) as pool:
        drawn = [each for part in pool.map(lambda _: [chance.draw() for _ in range(1000)], range(8)) for each in part]
    assert len(set(drawn)) == len(drawn)
    assert {uuid.UUID(of_instant(0) + each).version for each in drawn} == {7}
    assert {len(each) for each in drawn} == {17}


@given(CHANCE)
def test_the_second_half_holds_all_of_chance_but_two_bits(chance):
    assert int(of_chance(chance).replace("-", ""), 16) % 2**62 == int.from_bytes(chance) % 2**62
