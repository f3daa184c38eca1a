"""The headers that Accredit owns, and what counts as another spelling of one.

An upstream believes the owned headers, so none may reach it but from us. Servers behind CGI-like gateways read `_` and
`-` alike, and case not at all: every spelling is the same header.
"""

from collections.abc import Iterable

USER_UID = "x-user-uid"
USER_ISSUER = "x-user-issuer"
USER_EMAIL = "x-user-email"
TENANT_ID = "x-tenant-id"
AGENT_ID = "x-agent-id"
AGENT_CHAIN = "x-agent-chain"
AGENT_SCOPES = "x-agent-scopes"
DECISION = "x-accredit-decision"
REASON = "x-accredit-reason"
ASSERTION = "x-accredit-assertion"  # reserved: nobody may send it before we do

AUTHORIZATION = "authorization"

OWNED = frozenset(
    {
        USER_UID,
        USER_ISSUER,
        USER_EMAIL,
        TENANT_ID,
        AGENT_ID,
        AGENT_CHAIN,
        AGENT_SCOPES,
        DECISION,
        REASON,
        ASSERTION,
    }
)
OVERRIDES = frozenset(  # they tell some servers to take another method or path than the one that was judged
    {"x-http-method-override", "x-http-method", "x-method-override", "x-original-url", "x-rewrite-url"}
)
_NEVER_FROM_OUTSIDE = OWNED | OVERRIDES


def canonical(name: str) -> str:
    """Return a header's name as the most lenient reader takes it: lower case, `_` read as `-`."""
    return name.lower().replace("_", "-")


def spoofed(names: Iterable[str]) -> tuple[str, ...]:
    """Return, as spelt and sorted, the request header names that pretend to be ours or override what was judged."""
    return tuple(sorted(name for name in names if canonical(name) in _NEVER_FROM_OUTSIDE))


def spellings(wanted: frozenset[str], names: Iterable[str]) -> frozenset[str]:
    """Return, as spelt, those of `names` that are a spelling of a header in `wanted`, which is canonical."""
    return frozenset(name for name in names if canonical(name) in wanted)
