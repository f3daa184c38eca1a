from accredit_operator.conditions import Condition, Status, merge

NOW, EARLIER = "2026-11-24T10:00:00Z", "2026-11-01T00:00:00Z"


def condition(status, *, kind="Ready", reason="R", at=""):
    return Condition(type=kind, status=status, reason=reason, message="", last_transition_time=at)


def test_a_new_condition_changes_now():
    (merged,) = merge([], [condition(Status.TRUE)], NOW)
    assert merged.last_transition_time == NOW


def test_a_status_that_stays_keeps_its_time_though_its_reason_changes():
    (merged,) = merge([condition(Status.FALSE, at=EARLIER)], [condition(Status.FALSE, reason="Other")], NOW)
    assert (merged.reason, merged.last_transition_time) == ("Other", EARLIER)


def test_a_status_that_changes_changes_now():
    (merged,) = merge([condition(Status.FALSE, at=EARLIER)], [condition(Status.TRUE)], NOW)
    assert merged.last_transition_time == NOW


def test_a_condition_that_is_not_said_any_more_is_gone():
    merged = merge([condition(Status.TRUE, kind="Old", at=EARLIER)], [condition(Status.TRUE)], NOW)
    assert [one.type for one in merged] == ["Ready"]
