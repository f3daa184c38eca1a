"""Whom a selector means. In an Allow or a grant, what is unknown matches nobody; in a Deny it matches everybody."""

from collections.abc import Sequence

from accredit_extauthz.contract.snapshot import AgentSelector, Effect, UserSelector
from accredit_extauthz.model.delegation import Delegation, Hop


def agents_match(selector: AgentSelector | None, hops: Sequence[Hop], effect: Effect) -> bool:
    """Whether the selector means the current actor (Allow) or any hop (Deny). A call without agents matches none."""
    if selector is None:
        return True
    judged = hops[-1:] if effect is Effect.ALLOW else hops
    return any(_agent_matches(selector, hop) for hop in judged)


def users_match(selector: UserSelector | None, delegation: Delegation, effect: Effect, *, trusted: bool) -> bool:
    """Whether the selector means the user. `trusted`: the user is of one of the governing policy's issuers."""
    if selector is None:
        return True
    return trusted and _user_matches(selector, delegation, if_unknown=effect is Effect.DENY)


def user_is_granted(selector: UserSelector, delegation: Delegation) -> bool:
    """Whether a grant means the user."""
    return _user_matches(selector, delegation, if_unknown=False)


def _agent_matches(selector: AgentSelector, hop: Hop) -> bool:
    agent = hop.agent
    if agent.ref.namespace not in selector.namespaces:
        return False
    if selector.names is not None and agent.ref.name not in selector.names:
        return False
    labels = selector.match_labels or {}
    return all(agent.labels.get(name) == value for name, value in labels.items())


def _user_matches(selector: UserSelector, delegation: Delegation, *, if_unknown: bool) -> bool:
    return _person_matches(selector, delegation, if_unknown=if_unknown) and (
        selector.tenants is None or (if_unknown if delegation.tenant is None else delegation.tenant in selector.tenants)
    )


def _person_matches(selector: UserSelector, delegation: Delegation, *, if_unknown: bool) -> bool:
    if selector.subjects is None and selector.groups is None:
        return True
    if selector.subjects is not None and delegation.user.subject in selector.subjects:
        return True
    if selector.groups is None:
        return False
    return if_unknown if delegation.groups is None else not delegation.groups.isdisjoint(selector.groups)
