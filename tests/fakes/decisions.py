"""Decisions as the core makes them: a user, two agents, one policy."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from accredit_extauthz.contract.names import AgentRef, Issuer, IssuerName, PolicyRef
from accredit_extauthz.contract.snapshot import (
    AgentRecord,
    Challenge,
    DenialBody,
    ExtraHeader,
    Identity,
    PolicyBody,
    Protocol,
)
from accredit_extauthz.model.call import Call, Peer
from accredit_extauthz.model.decision import Decision, Evidence, Ruling
from accredit_extauthz.model.delegation import Delegation, Hop, Subject
from accredit_extauthz.model.governing import Governing
from accredit_extauthz.model.headers import spoofed
from accredit_extauthz.model.reason import Reason

ID = "01935f6e-7b7a-7cc3-98c4-dc0c0c07398f"
IDP = Issuer("https://idp.example")
POLICY = PolicyRef("tools", "crm")
ALICE = Delegation(
    user=Subject(IDP, "alice"),
    agents=(Subject(IDP, "agent:planner"), Subject(IDP, "agent:researcher")),
    client="planner",
    scopes=frozenset({"tool:crm:read", "tool:crm:write"}),
    groups=frozenset({"sales"}),
    tenant="org_acme",
    email="alice@example.com",
)


def hop(namespace: str, name: str) -> Hop:
    identity = Identity(issuer=IssuerName("corp"), subject=f"agent:{name}")
    return Hop(Subject(IDP, identity.subject), AgentRecord(ref=AgentRef(namespace, name), identities=(identity,)))


def governing(**settings: Any) -> Governing:
    body = PolicyBody(
        protocol=Protocol.MCP, issuers=(IssuerName("corp"),), audiences=("https://crm.example",), rules=()
    )
    given = {"challenge": Challenge(resource="https://crm.example/mcp"), "denial_body": DenialBody.JSON_RPC} | settings
    fields = {name: getattr(body, name) for name in body.__struct_fields__} | given
    return Governing(policy=POLICY, generation=3, body=PolicyBody(**fields), allow=(), deny=())


def call(headers: Mapping[str, str] | None = None) -> Call:
    given = dict(headers or {})
    return Call(
        method="POST",
        host="crm.example",
        path="/mcp",
        headers={name.lower(): value for name, value in given.items()},
        body=b"",
        declared_size=-1,
        peer=Peer("", "192.0.2.7", ""),
        destination="",
        extensions={},
        request_id="r-1",
        trace_id="",
        spoofed=spoofed(given),
    )


def evidence(delegation: Delegation | None = ALICE, **known: Any) -> Evidence:
    """What is known when every step has passed, but for the changes."""
    complete: dict[str, Any] = {
        "call": call(),
        "governing": governing(),
        "delegation": delegation,
        "hops": (hop("research", "planner"), hop("research", "researcher")),
        "effective_scopes": frozenset({"tool:crm:write", "tool:crm:read"}),
        "rule": (POLICY, "read"),
        "required_scopes": ("tool:crm:read",),
    }
    filled = complete | known
    standing = filled["governing"]
    return Evidence(**({"policy": standing and standing.policy} | filled))


def allowed(**known: Any) -> Decision:
    return Decision(Ruling.ALLOW, Reason.ALLOWED, "", evidence(**known))


def public(**known: Any) -> Decision:
    """An allow on a public path: nothing was looked at beyond the policy."""
    nothing = {"hops": (), "effective_scopes": frozenset(), "rule": None, "required_scopes": ()}
    return replace(allowed(delegation=None, **(nothing | known)), reason=Reason.ALLOWED_PUBLIC)


def denied(reason: Reason, message: str = "the reason in one sentence", **known: Any) -> Decision:
    return Decision(Ruling.DENY, reason, message, evidence(**known))


def extra(*names: str) -> tuple[ExtraHeader, ...]:
    return tuple(ExtraHeader(name=name, claim="department") for name in names)
