import pytest

from accredit_extauthz.contract.names import AgentRef
from accredit_extauthz.contract.snapshot import RevocationRecord
from accredit_operator.compile.premises import Premises
from fakes.objects import Outcome, issuer, revocation

REF = {"name": "corp-idp"}
AGENT = {"name": "planner"}
PLANNER = AgentRef("accredit-system", "planner")
BEFORE, BEFORE_S = "2026-11-24T10:00:00Z", 1795514400
AT = {"namespace": "accredit-system", "name": "lost", "everywhere": True}


def record(**fields):
    return RevocationRecord(**AT, **fields)


def test_every_field_reaches_the_record():
    spec = {
        "issuerRef": REF,
        "user": "alice",
        "agent": {"name": "planner", "namespace": "research"},
        "before": BEFORE,
        "expiresAt": "2026-12-24T10:00:00Z",
        "reason": "laptop lost",
    }
    outcome = Outcome(issuer(), revocation(**spec))
    assert outcome.verdict("lost").accepted
    assert outcome.revocation() == record(
        issuer="corp-idp",
        user="alice",
        agent=AgentRef("research", "planner"),
        before=BEFORE_S,
        expires_at=BEFORE_S + 30 * 86400,
    )


def test_a_token_is_named_with_its_issuer():
    outcome = Outcome(issuer(), revocation(issuerRef=REF, tokenID="t-1"))
    assert outcome.revocation() == record(issuer="corp-idp", token_id="t-1")


def test_an_agent_without_namespace_is_of_the_revocations_own():
    outcome = Outcome(revocation("lost", "research", agent={"name": "planner"}))
    assert outcome.revocation().agent == AgentRef("research", "planner")


@pytest.mark.parametrize(("namespace", "everywhere"), [("accredit-system", False), ("ops", True)])
def test_only_the_operators_namespace_reaches_everything(namespace, everywhere):
    outcome = Outcome(
        revocation("lost", namespace, agent={"name": "planner"}), premises=Premises(operator_namespace="ops")
    )
    assert outcome.revocation().everywhere is everywhere


def test_unknown_names_are_matched_literally():
    outcome = Outcome(revocation(issuerRef={"name": "nobody"}, user="nobody", agent={"name": "nothing"}))
    assert outcome.verdict("lost").accepted


class TestEnd:
    """A Revocation must outlive the tokens that it cuts, or it would revive them."""

    @pytest.mark.parametrize(
        ("ref", "expires", "accepted"),
        [
            pytest.param(REF, "2026-11-24T11:00:10Z", False, id="at the last moment of the oldest token"),
            pytest.param(REF, "2026-11-24T11:00:11Z", True, id="a second later"),
            pytest.param({"name": "nobody"}, "2026-11-24T10:00:01Z", True, id="of an issuer that is not known"),
            pytest.param(None, "2026-11-24T12:00:05Z", False, id="of any issuer, within the longest life"),
            pytest.param(None, "2026-11-24T12:00:06Z", True, id="of any issuer, after the longest life"),
        ],
    )
    def test_it_ends_after_the_last_token(self, ref, expires, accepted):
        long_lived = issuer("long", issuer="https://long.example", maxTokenLifetime="2h")
        unreadable = issuer("unreadable", issuer="https://x.example", algorithms=[])
        spec = {"agent": {"name": "planner"}, "before": BEFORE, "expiresAt": expires}
        spec |= {"issuerRef": ref} if ref else {}
        outcome = Outcome(issuer(maxTokenLifetime="1h", clockSkew="10s"), long_lived, unreadable, revocation(**spec))
        assert outcome.verdict("lost").accepted is accepted
        assert outcome.revocation().before == BEFORE_S
        assert (outcome.revocation().expires_at is None) is not accepted


class TestInvalid:
    """An invalid Revocation is applied as widely as its readable fields say."""

    @pytest.mark.parametrize(
        ("spec", "applied"),
        [
            pytest.param({"user": "alice"}, {"user": "alice"}, id="a user of no issuer: of every one"),
            pytest.param({"issuerRef": "corp-idp", "user": "alice"}, {"user": "alice"}, id="an unreadable issuer"),
            pytest.param(
                {"agent": {"name": "planner", "x": 1}, "user": "alice", "issuerRef": REF},
                {"user": "alice", "issuer": "corp-idp"},
                id="an unreadable agent: through every one",
            ),
            pytest.param({"agent": AGENT, "usr": "alice"}, {"agent": PLANNER}, id="an unknown field"),
            pytest.param({"agent": AGENT, "user": 7}, {"agent": PLANNER}, id="an unreadable user: every one"),
            pytest.param(
                {"agent": AGENT, "before": "yesterday"}, {"agent": PLANNER}, id="an unreadable time: every token"
            ),
            pytest.param({"agent": AGENT, "expiresAt": "soon"}, {"agent": PLANNER}, id="an unreadable end: for ever"),
            pytest.param(
                {"agent": AGENT, "user": None, "expiresAt": BEFORE},
                {"agent": PLANNER, "expires_at": BEFORE_S},
                id="a readable end",
            ),
            pytest.param(
                {"agent": AGENT, "before": BEFORE, "expiresAt": BEFORE},
                {"agent": PLANNER, "before": BEFORE_S},
                id="an end before the beginning: for ever",
            ),
            pytest.param(
                {"issuerRef": REF, "tokenID": "t", "before": BEFORE},
                {"issuer": "corp-idp", "token_id": "t"},
                id="a time beside a token: the token",
            ),
            pytest.param(
                {"agent": AGENT, "usr": "alice", "before": BEFORE, "expiresAt": "2026-11-24T11:00:05Z"},
                {"agent": PLANNER, "before": BEFORE_S},
                id="an end before that of the tokens: for ever",
            ),
            pytest.param(
                {"agent": AGENT, "usr": "alice", "before": BEFORE, "expiresAt": "2026-11-24T11:00:06Z"},
                {"agent": PLANNER, "before": BEFORE_S, "expires_at": BEFORE_S + 3606},
                id="an end after that of the tokens",
            ),
            pytest.param(
                {"issuerRef": REF, "user": "alice\u200b", "agent": AGENT},
                {"issuer": "corp-idp", "agent": PLANNER},
                id="a user that no token can name: every one",
            ),
            pytest.param(
                {"issuerRef": REF, "user": "a" * 257, "agent": AGENT},
                {"issuer": "corp-idp", "agent": PLANNER},
                id="a user too long for any token: every one",
            ),
            pytest.param(
                {"issuerRef": REF, "user": "alice", "tokenID": "t-1\n"},
                {"issuer": "corp-idp", "user": "alice"},
                id="a token that cannot be: every one of the user",
            ),
            pytest.param({"reason": "?"}, {}, id="nothing: everything in reach"),
        ],
    )
    def test_it_is_applied(self, spec, applied):
        outcome = Outcome(issuer(), revocation(**spec))
        assert not outcome.verdict("lost").accepted
        assert outcome.revocation() == record(**applied)

    def test_without_a_spec_everything_in_reach_is_revoked(self):
        document = revocation("lost", "research")
        document["spec"] = None
        outcome = Outcome(document)
        assert outcome.revocation() == RevocationRecord(namespace="research", name="lost")
