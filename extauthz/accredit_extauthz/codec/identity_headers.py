"""What an upstream is told of the caller, in text that no header parser can misread."""

import re
from collections.abc import Mapping
from urllib.parse import quote

from accredit_extauthz.model.decision import Evidence
from accredit_extauthz.model.headers import (
    AGENT_CHAIN,
    AGENT_ID,
    AGENT_SCOPES,
    TENANT_ID,
    USER_EMAIL,
    USER_ISSUER,
    USER_UID,
)
from accredit_extauthz.model.reason import Reason

_KEPT = ":@|/+="  # beside the unreserved characters of RFC 3986 §2.3
_NOTHING_TO_ENCODE = re.compile(r"[A-Za-z0-9_.~:@|/+=-]*").fullmatch


def encoded(text: str) -> str:
    """Percent-encode, as UTF-8, all but unreserved characters and `:@|/+=`; `%` and comma too, so it can be undone."""
    if _NOTHING_TO_ENCODE(text) is not None:  # nearly always; quoting costs ten times as much
        return text
    return quote(text, safe=_KEPT, errors="surrogatepass")


def chain_text(evidence: Evidence) -> str:
    """Return `namespace/root>namespace/next>namespace/current`; empty without agents."""
    return ">".join(encoded(str(hop.agent.ref)) for hop in evidence.hops)


def identity_headers(evidence: Evidence, reason: Reason) -> dict[str, str]:
    """Return the identity headers that were proved, none of them empty; none at all on a public path.

    The policy's extra headers are among them.
    """
    delegation = evidence.delegation
    if reason is Reason.ALLOWED_PUBLIC or delegation is None:
        return {}
    found = {
        USER_UID: encoded(delegation.user.subject),
        USER_ISSUER: encoded(delegation.user.issuer),
        USER_EMAIL: encoded(delegation.email or ""),
        TENANT_ID: encoded(delegation.tenant or ""),
        **_agent_headers(evidence),
        **{name: encoded(value or "") for name, value in evidence.extra_headers.items()},
    }
    # An empty value would say nothing, and an absent header is removed in whatever spelling it came.
    return {name: value for name, value in found.items() if value}


def _agent_headers(evidence: Evidence) -> Mapping[str, str]:
    if not evidence.hops:
        return {}
    return {
        AGENT_ID: encoded(str(evidence.hops[-1].agent.ref)),
        AGENT_CHAIN: chain_text(evidence),
        AGENT_SCOPES: " ".join(encoded(scope) for scope in sorted(evidence.effective_scopes)),
    }
