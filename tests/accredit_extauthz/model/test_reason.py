from accredit_extauthz.model.reason import ANSWERS, Reason


def test_every_reason_has_an_answer() -> None:
    assert set(ANSWERS) == set(Reason)


def test_token_reasons_answer_401_with_invalid_token_but_for_its_absence() -> None:
    for reason, answer in ANSWERS.items():
        assert (answer.status == 401) == reason.startswith("token_")
        assert (answer.error == "invalid_token") == (answer.status == 401 and reason is not Reason.TOKEN_MISSING)


def test_every_explanation_is_a_sentence() -> None:
    assert all(answer.explanation.endswith(".") for answer in ANSWERS.values())
