from accredit_extauthz.codec.ordinary_names import MAX_LENGTH, MAX_NAMES, OrdinaryNames


def test_names_are_known_once_they_were_taken_in():
    names = OrdinaryNames()
    assert not names.issuperset({"accept"})
    names.add({"accept", ":path"})
    assert names.issuperset({"accept"})
    assert not names.issuperset({"accept", "host"})


def test_upper_case_and_long_names_are_looked_at_each_time():
    names = OrdinaryNames()
    names.add({"Accept", "x" * (MAX_LENGTH + 1)})
    assert not names.issuperset({"Accept"})
    assert not names.issuperset({"x" * (MAX_LENGTH + 1)})


def test_clients_cannot_fill_the_memory():
    names = OrdinaryNames()
    names.add(f"x-{number}" for number in range(MAX_NAMES + 1))
    assert names.issuperset({"x-0", f"x-{MAX_NAMES - 1}"})
    assert not names.issuperset({f"x-{MAX_NAMES}"})
