"""Scopes only ever narrow: token, then user, then every hop's ceiling. No step adds one."""

from collections.abc import Mapping
from typing import assert_never

import msgspec

from accredit_extauthz.contract.names import AgentRef
from accredit_extauthz.contract.scope_pattern import Ceiling
from accredit_extauthz.contract.snapshot import PolicyBody, UserScopes
from accredit_extauthz.decide.selectors import user_is_granted
from accredit_extauthz.model.delegation import Delegation, Hop
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import refuse

Ceilings = tuple[tuple[AgentRef, Ceiling], ...]  # of every hop, root first


class Authority(msgspec.Struct, frozen=True, gc=False):
    """What a caller may use, and where each limit lies."""

    token: frozenset[str] | None  # None: a token with login scopes only, which does not narrow the grants
    user: frozenset[str] | None  # None: the token's scopes are the user's authority
    ceilings: Ceilings
    effective: frozenset[str]  # the scopes that pass every limit


def measure_authority(
    delegation: Delegation,
    hops: tuple[Hop, ...],
    body: PolicyBody,
    known: Mapping[AgentRef, Ceiling],
    *,
    trusted: bool,
) -> Authority:
    """Return the limits that hold for this caller under this policy.

    `known` holds the ceiling of every agent. `trusted`: the user is of one of the
    policy's issuers; grants to others do not count.
    """
    ceilings = tuple((hop.agent.ref, known[hop.agent.ref]) for hop in hops)
    match body.user_scopes:
        case UserScopes.TOKEN:
            return _narrow(delegation.scopes, None, ceilings)
        case UserScopes.GRANTS:
            granted = _granted(delegation, body) if trusted else frozenset[str]()
            return _narrow(_beyond_login(delegation.scopes, body.login_scopes), granted, ceilings)
        case never:
            assert_never(never)


def check_ceilings(authority: Authority) -> None:
    """Refuse a chain with an agent that may use nothing. Raises scope_exceeds_agent."""
    for agent, ceiling in authority.ceilings:
        if not ceiling:
            refuse(Reason.SCOPE_EXCEEDS_AGENT, f"spec.scopes of {agent} is empty: it may use nothing")


def check_scopes(authority: Authority, required: tuple[str, ...]) -> None:
    """Refuse an operation whose scopes do not all pass. Raises scope_{missing,exceeds_user,exceeds_agent}."""
    for scope in required:
        if authority.token is not None and scope not in authority.token:
            refuse(Reason.SCOPE_MISSING, f"the token lacks {scope}; ask for it")
    for scope in required:
        if authority.user is not None and scope not in authority.user:
            refuse(Reason.SCOPE_EXCEEDS_USER, f"the policy's grants do not give the user {scope}")
    for scope in required:
        for agent, ceiling in authority.ceilings:
            if not ceiling.covers(scope):
                refuse(Reason.SCOPE_EXCEEDS_AGENT, f"{scope} lies above spec.scopes of {agent}")


def has_scopes(authority: Authority, required: tuple[str, ...]) -> bool:
    """Whether all of `required` pass every limit."""
    return authority.effective.issuperset(required)


def _narrow(token: frozenset[str] | None, user: frozenset[str] | None, ceilings: Ceilings) -> Authority:
    limits = [limit for limit in (token, user) if limit is not None]
    held = frozenset.intersection(*limits) if limits else frozenset[str]()
    effective = frozenset(scope for scope in held if all(ceiling.covers(scope) for _, ceiling in ceilings))
    return Authority(token, user, ceilings, effective)


def _granted(delegation: Delegation, body: PolicyBody) -> frozenset[str]:
    grants = (grant for grant in body.grants if user_is_granted(grant.users, delegation))
    return frozenset(scope for grant in grants for scope in grant.scopes)


def _beyond_login(scopes: frozenset[str], login_scopes: tuple[str, ...]) -> frozenset[str] | None:
    """Login scopes say nothing of tools: a token with no others takes the grants whole, one without any takes none."""
    beyond = scopes - frozenset(login_scopes)
    return None if scopes and not beyond else beyond
