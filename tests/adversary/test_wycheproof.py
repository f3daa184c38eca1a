"""Wycheproof's vectors: every signature or key that is invalid there is refused here."""

import json
import pathlib

from adversary.wycheproof import accepts, vectors

OTHERWISE: dict[str, str] = json.loads(pathlib.Path(__file__).with_name("wycheproof_otherwise.json").read_text())


def test_every_vector_is_judged_as_it_says_or_otherwise_for_a_reason_that_is_written_down(corpora):
    found = {each.name: accepts(each) is each.is_valid for each in vectors(corpora / "wycheproof")}
    assert len(found) > 400
    assert {name for name, agrees in found.items() if not agrees} == OTHERWISE.keys()


def test_no_reason_excuses_what_is_invalid_there(corpora):
    excused = [each for each in vectors(corpora / "wycheproof") if each.name in OTHERWISE and not each.is_valid]
    assert excused == []
