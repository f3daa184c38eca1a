"""What users write, as they write it: the four kinds' structure. Their meaning is in `compile`."""

from accredit_operator.kinds.agent_identity import AgentIdentity
from accredit_operator.kinds.resource import Resource
from accredit_operator.kinds.revocation import Revocation
from accredit_operator.kinds.tool_policy import ToolPolicy
from accredit_operator.kinds.trusted_issuer import TrustedIssuer

KINDS: dict[str, type[Resource]] = {
    kind.__name__: kind for kind in (TrustedIssuer, AgentIdentity, ToolPolicy, Revocation)
}
"""Every kind by its name."""
