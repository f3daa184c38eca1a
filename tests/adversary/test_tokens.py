"""Every clause of the token rules, attacked: hundreds of tokens, and each is refused for the one right reason."""

from collections import Counter
from itertools import permutations

from accredit_extauthz.decide.signature import ALGORITHMS
from accredit_extauthz.model.reason import Reason
from adversary.authorizations import AUTHORIZATIONS
from adversary.case import surprises
from adversary.honest_tokens import HONEST, confused, signed_with
from adversary.tokens import CASES, as_case


def test_every_token_of_the_corpus_is_refused_for_its_reason():
    assert surprises(map(as_case, CASES)) == {}


def test_every_way_to_send_no_bearer_token_or_two_is_refused():
    assert surprises(AUTHORIZATIONS) == {}


def test_honest_tokens_are_allowed():
    assert surprises(map(as_case, HONEST)) == {}


def test_an_honest_token_of_each_algorithm_is_allowed():
    assert surprises(map(signed_with, ALGORITHMS)) == {}


def test_no_algorithm_passes_for_another():
    pairs = [pair for pair in permutations(ALGORITHMS, 2) if pair[0] in ("RS256", "PS512", "ES384", "EdDSA")]
    assert surprises(confused(*pair) for pair in pairs) == {}


def test_the_corpus_names_each_of_its_many_cases_once():
    assert len(CASES) >= 150
    assert [name for name, count in Counter(map(str, CASES)).items() if count > 1] == []


def test_the_corpus_reaches_every_reason_about_tokens_users_and_actors():
    reached = {case.reason for case in (*CASES, *AUTHORIZATIONS)}
    about = {reason for reason in Reason if reason.startswith(("token_", "actor_", "user_invalid"))}
    assert about <= reached
