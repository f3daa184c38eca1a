"""A small firm of agents: three in a granted row, and around them those that an attacker would rather be."""

import functools
from collections.abc import Mapping
from typing import Any

import msgspec

from accredit_extauthz.contract.names import AgentRef, IssuerName
from accredit_extauthz.contract.snapshot import ActsFor, AgentRecord, Identity
from accredit_extauthz.decide.view import View
from fakes.issuer import FakeIssuer
from fakes.scene import CORP, agent, body, issuer_record, policy, view

CHAIN = ("planner", "worker", "checker")
PARTNER = FakeIssuer("https://partner.example")
_PARTNER = IssuerName("partner")
_REFS = {
    name: AgentRef("ops" if name in ("robot", "loner") else "research", name) for name in (*CHAIN, "robot", "loner")
}
_ALICE = ActsFor(users=("alice", "\u00e9lodie"))


def subject(name: str) -> str:
    """What tokens call the agent. `alice` is a person, `alias` the planner's other name."""
    return name if name == "alice" else f"agent:{name}"


def principal(name: str) -> str:
    """The verified peer that the agent speaks from."""
    return f"spiffe://cluster.local/ns/research/sa/{name}"


def _named(name: str, **changes: Any) -> AgentRecord:
    fields = {"ref": _REFS.get(name, AgentRef("research", name)), "acts_for": None}
    fields["workloads"] = (principal(name),) if name in CHAIN else None
    return agent(name, **(fields | changes))


def _firm() -> dict[str, AgentRecord]:
    granted = (_REFS["worker"], _REFS["robot"], _REFS["loner"], AgentRef("research", "clerk"))
    names = (Identity(issuer=CORP, subject="agent:planner"), Identity(issuer=CORP, subject="agent:alias"))
    made = (
        _named("planner", identities=names, acts_for=_ALICE, delegates_to=granted),
        _named("worker", delegates_to=(_REFS["checker"],)),
        _named("checker", max_chain_length=3),
        _named("clerk", acts_for=_ALICE, max_chain_length=1),
        _named("carols", acts_for=ActsFor(users=("carol",)), delegates_to=()),
        _named("sellers", acts_for=ActsFor(groups=("sales",))),
        _named("tenants", acts_for=ActsFor(any_user=True, tenants=("acme",))),
        _named("robot", delegates_from=(_REFS["planner"],)),
        _named("loner"),
        _named("intruder", delegates_from=(_REFS["planner"],)),
        _named(
            "guest",
            identities=(Identity(issuer=_PARTNER, subject="agent:guest"),),
            acts_for=ActsFor(users=("alice",), groups=("sales",)),
        ),
    )
    return {record.ref.name: record for record in made}


def agents(changed: Mapping[str, Mapping[str, Any] | None] | None = None, only: str = "") -> tuple[AgentRecord, ...]:
    """The firm, some of it changed; an agent changed to None is gone. `only`: that one alone."""
    found = {name: record for name, record in _firm().items() if only in ("", name)}
    for name, fields in (changed or {}).items():
        if fields is None:
            del found[name]
        else:
            found[name] = msgspec.structs.replace(found[name], **fields)
    return tuple(found.values())


def _built(**changes: Any) -> View:
    corp = issuer_record(may_assert=(_PARTNER,))
    partner = issuer_record(PARTNER, name=_PARTNER)
    served = policy(body=body(issuers=(CORP, _PARTNER)))
    return view(**({"issuers": (corp, partner), "agents": agents(), "policies": (served,)} | changes))


@functools.cache
def _plain() -> View:
    return _built()


def seen(**changes: Any) -> View:
    """The firm's world."""
    return _built(**changes) if changes else _plain()
