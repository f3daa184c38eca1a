import pytest

from accredit_extauthz.model.headers import OVERRIDES, OWNED, canonical, spellings, spoofed


@pytest.mark.parametrize("name", sorted(OWNED | OVERRIDES))
def test_each_owned_name_is_its_own_canonical_form(name):
    assert canonical(name) == name
    assert canonical(name.upper().replace("-", "_")) == name


def test_spoofed_names_are_listed_as_spelt_and_sorted():
    assert spoofed(["x_user-uid", "accept", "X-Agent-Id"]) == ("X-Agent-Id", "x_user-uid")


def test_spellings_of_a_wanted_header_are_found():
    assert spellings(frozenset({"x-department"}), ["x_department", "x-dept"]) == {"x_department"}
