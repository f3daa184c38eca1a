"""Every way to cut an agent out of all chains."""

from collections.abc import Callable
from typing import Any

from accredit_extauthz.contract.names import AgentRef
from accredit_extauthz.contract.snapshot import RevocationRecord
from accredit_extauthz.model.reason import Reason
from fakes.issuer import NOW
from fakes.scene import CORP

REF_OF_THIEF = AgentRef("evil", "thief")
_HOME = "accredit-system"

Revoke = Callable[[str], tuple[RevocationRecord, ...]]


def revoked(**fields: Any) -> RevocationRecord:
    """A Revocation of the corp issuer's, from the operator's namespace unless told otherwise."""
    plain = {"namespace": _HOME, "name": "r", "everywhere": True, "issuer": CORP}
    return RevocationRecord(**(plain | fields))


def _none(name: str) -> tuple[RevocationRecord, ...]:
    return ()


def _by(**fields: Any) -> Revoke:
    return lambda name: (revoked(agent=AgentRef("research", name), **fields),)


def cuts() -> dict[str, tuple[Reason, dict[str, Any], Revoke]]:
    """How an agent is cut: the reason, the fields that change, the Revocations that are made."""
    return {
        "suspended": (Reason.AGENT_SUSPENDED, {"suspended": True}, _none),
        "invalid": (Reason.AGENT_INVALID, {"valid": False}, _none),
        "expired this second": (Reason.AGENT_EXPIRED, {"expires_at": NOW}, _none),
        "expired long ago": (Reason.AGENT_EXPIRED, {"expires_at": 1}, _none),
        "revoked since the token": (Reason.AGENT_REVOKED, {"revoked_before": NOW}, _none),
        "revoked as the token was made": (Reason.AGENT_REVOKED, {"revoked_before": NOW - 10}, _none),
        "revoked within the skew before it": (Reason.AGENT_REVOKED, {"revoked_before": NOW - 15}, _none),
        "made after the token": (Reason.AGENT_REVOKED, {"created_at": NOW - 9}, _none),
        "named by a Revocation": (Reason.AGENT_REVOKED, {}, _by()),
        "named by a Revocation of no issuer": (Reason.AGENT_REVOKED, {}, _by(issuer=None)),
        "named by one for its user": (Reason.AGENT_REVOKED, {}, _by(user="alice")),
        "named by one with a time": (Reason.AGENT_REVOKED, {}, _by(before=NOW)),
        "named by one of its namespace": (Reason.AGENT_REVOKED, {}, _by(namespace="research", everywhere=False)),
        "named by one of the service's": (Reason.AGENT_REVOKED, {}, _by(namespace="tools", everywhere=False)),
        "named by one that has an end": (Reason.AGENT_REVOKED, {}, _by(expires_at=NOW + 1)),
    }
