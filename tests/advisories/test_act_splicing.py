"""Chains that were forged, reordered or spliced: the outermost `act` is not all there is to check (RFC 8693 §4.1)."""

from typing import Any

import pytest

from accredit_extauthz.contract.names import AgentRef
from accredit_extauthz.contract.snapshot import ActsFor
from accredit_extauthz.model.reason import Reason
from fakes.attack import allowed, denied, with_token
from fakes.scene import IDP, agent, view

PLANNER, WORKER, CLEANER = (AgentRef("research", name) for name in ("planner", "worker", "cleaner"))
# Alice delegates to the planner, the planner to the worker; the cleaner stands alone.
SEEN = view(
    agents=(
        agent("planner", delegates_to=(WORKER,)),
        agent("worker", acts_for=None),
        agent("cleaner", acts_for=ActsFor(users=("carol",))),
    )
)


def chain(*root_first: str) -> dict[str, Any]:
    act: dict[str, Any] = {}
    for subject in root_first:
        act = {"sub": subject, "act": act} if act else {"sub": subject}
    return act


def refused(act: object, **claims: Any) -> Reason:
    return denied(with_token(IDP.mint(IDP.claims(act=act, **claims))), SEEN)


def test_the_granted_chain_is_allowed():
    allowed(with_token(IDP.mint(IDP.claims(act=chain("agent:planner", "agent:worker")))), SEEN)


@pytest.mark.parametrize(
    ("root_first", "reason"),
    [
        pytest.param(("agent:worker",), Reason.ACTS_FOR_NOT_GRANTED, id="the first hop cut off"),
        pytest.param(("agent:worker", "agent:planner"), Reason.EDGE_NOT_GRANTED, id="reversed"),
        pytest.param(("agent:planner", "agent:cleaner"), Reason.EDGE_NOT_GRANTED, id="another agent at the end"),
        pytest.param(("agent:cleaner", "agent:worker"), Reason.EDGE_NOT_GRANTED, id="another agent at the root"),
        pytest.param(("agent:cleaner",), Reason.ACTS_FOR_NOT_GRANTED, id="another user's agent"),
        pytest.param(("agent:planner", "agent:ghost"), Reason.AGENT_UNKNOWN, id="an unknown agent at the end"),
        pytest.param(("agent:ghost", "agent:worker"), Reason.AGENT_UNKNOWN, id="an unknown agent at the root"),
        pytest.param(("agent:planner", "agent:worker", "agent:planner"), Reason.CHAIN_CYCLE, id="a circle"),
        pytest.param(("agent:planner",) * 2, Reason.CHAIN_CYCLE, id="an agent after itself"),
        pytest.param(("agent:planner",) * 5, Reason.CHAIN_TOO_LONG, id="an endless chain"),
        pytest.param(("Agent:planner",), Reason.AGENT_UNKNOWN, id="another case"),
        pytest.param(("agent:planner ",), Reason.AGENT_UNKNOWN, id="a space after it"),
        pytest.param(("agent:planner\u200b",), Reason.ACTOR_MALFORMED, id="a zero-width space after it"),
        pytest.param(("agent:planner", "alice", "agent:worker"), Reason.USER_INVALID, id="the user in its own chain"),
    ],
)
def test_a_chain_that_nobody_granted(root_first, reason):
    assert refused(chain(*root_first)) is reason


@pytest.mark.parametrize(
    "act",
    [
        [{"sub": "agent:planner"}],
        "agent:planner",
        {"act": {"sub": "agent:planner"}},
        {"sub": ["agent:planner"]},
        {"sub": "agent:planner", "act": []},
        {"sub": "agent:planner", "exp": 2**32},
        {"sub": "agent:planner", "scope": "tool:crm:*"},
        {"sub": "agent:planner", "aud": "https://crm.example"},
        {"sub": "agent:planner", "iss": "https://evil.example"},
        {"sub": "agent:planner", "iss": "https://idp.example/"},
        {"sub": "agent:planner", "iss": ""},
    ],
    ids=str,
)
def test_an_act_that_is_none(act):
    assert refused(act) is Reason.ACTOR_MALFORMED


@pytest.mark.parametrize("name", ["may_act", "actor", "Act", "azp", "acts"])
def test_an_actor_under_another_name_is_no_actor(name):
    assert refused(None, **{name: {"sub": "agent:planner"}}) is Reason.ACTOR_MISSING
