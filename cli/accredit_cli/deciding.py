"""What the server decides on a CheckRequest: its reader, its decision, nothing beside them."""

from accredit_extauthz.codec.request import read
from accredit_extauthz.decide.decide import decide, refused
from accredit_extauthz.decide.view import View
from accredit_extauthz.model.decision import Decision, Evidence
from accredit_extauthz.model.refusal import Refusal


def decision_on(data: bytes, view: View | None, now: int, view_age_s: int = 0) -> Decision:
    """Return the decision on the bytes of a CheckRequest at `now` (Unix seconds), from a view of this age."""
    try:
        call = read(data)
    except Refusal as refusal:
        return refused(refusal, Evidence())
    return decide(call, view, now, view_age_s)


def rule_name(evidence: Evidence) -> str | None:
    """Return the rule that decided, as audit records name it: with its policy when that is not the governing one."""
    if evidence.rule is None:
        return None
    policy, name = evidence.rule
    is_governing = evidence.governing is not None and policy == evidence.governing.policy
    return name if is_governing else f"{policy}/{name}"
