"""The story is a table; what it must tell is fixed here."""

from accredit_cli.demo.steps import Restore, RevokeBefore, Rewrite, Sender, SetField, Spoil
from accredit_cli.demo.story import STORY
from accredit_extauthz.model.reason import Reason

TOLD = {
    Reason.ALLOWED,
    Reason.SCOPE_MISSING,
    Reason.SCOPE_EXCEEDS_USER,
    Reason.SCOPE_EXCEEDS_AGENT,
    Reason.EDGE_NOT_GRANTED,
    Reason.TOKEN_SIGNATURE,
    Reason.TOKEN_EXPIRED,
    Reason.TOKEN_AUDIENCE,
    Reason.TOKEN_MISSING,
    Reason.ACTOR_MISSING,
    Reason.AGENT_UNKNOWN,
    Reason.BATCH_UNSUPPORTED,
    Reason.HEADER_BODY_MISMATCH,
    Reason.AGENT_SUSPENDED,
    Reason.AGENT_REVOKED,
}


def test_every_kind_of_refusal_that_the_demo_promises_is_told():
    assert {step.reason for step in STORY} >= TOLD


def test_what_is_allowed_says_which_scopes_arrive():
    assert all(bool(step.scopes) == (step.reason is Reason.ALLOWED) for step in STORY)


def test_both_generations_of_client_are_heard():
    assert {step.call.sender for step in STORY if step.reason is Reason.ALLOWED} >= {Sender.CLIENT, Sender.LEGACY}


def test_a_suspension_is_followed_by_the_same_user_through_another_agent():
    index = next(n for n, step in enumerate(STORY) if step.reason is Reason.AGENT_SUSPENDED)
    suspended, after = STORY[index], STORY[index + 1]
    assert isinstance(suspended.edit, SetField)
    assert (after.reason, after.token.user) == (Reason.ALLOWED, suspended.token.user)
    assert not set(after.token.agents) & set(suspended.token.agents)


def test_every_kind_of_edit_is_made_and_what_is_spoilt_is_mended():
    edits = [step.edit for step in STORY if step.edit is not None]
    assert {type(edit) for edit in edits} == {SetField, RevokeBefore, Rewrite, Spoil, Restore}
    spoilt = {edit.file for edit in edits if isinstance(edit, Spoil)}
    assert spoilt <= {edit.file for edit in edits if isinstance(edit, Restore)}
