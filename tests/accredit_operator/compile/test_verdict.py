from accredit_operator.compile.verdict import ConditionReason, Problem, judge
from accredit_operator.conditions import Status
from accredit_operator.world import Declared, Kind, ObjectKey

KEY = ObjectKey(Kind.TOOL_POLICY, "tools", "crm")
STRUCTURE = Problem("spec.rules", "it is missing", "write it")
REFUSED = Problem("spec.targets[0]", "it is another's", "leave it out", ConditionReason.NOT_PERMITTED)


def verdict(problems=(), notes=(), structure=()):
    return judge(Declared(KEY, None, {}, problems=structure, generation=3), problems, notes)


def test_without_problems_an_object_is_accepted():
    condition = verdict().accepted_condition()
    assert (condition.status, condition.reason, condition.observed_generation) == (Status.TRUE, "Accepted", 3)


def test_the_first_problem_gives_reason_and_message():
    judged = verdict(problems=[REFUSED])
    assert (judged.accepted, judged.reason) == (False, ConditionReason.NOT_PERMITTED)
    assert judged.message == "spec.targets[0]: it is another's; leave it out"


def test_structure_comes_before_meaning_and_the_rest_is_counted():
    judged = verdict(problems=[REFUSED], structure=(STRUCTURE,))
    assert (judged.reason, judged.problems) == (ConditionReason.INVALID, (STRUCTURE, REFUSED))
    assert judged.message.endswith("(and 1 more)")


def test_notes_are_told_and_do_not_refuse():
    judged = verdict(notes=[REFUSED])
    assert (judged.accepted, judged.reason) == (True, ConditionReason.ACCEPTED)
    assert REFUSED.found in judged.message
