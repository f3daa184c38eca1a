"""The WWW-Authenticate value of a denial: what was wrong with the token and where to get a better one."""

import re
from urllib.parse import urlsplit, urlunsplit

from accredit_extauthz.model.decision import Decision, Evidence
from accredit_extauthz.model.reason import ANSWERS

_WELL_KNOWN = "/.well-known/oauth-protected-resource"
_UNAUTHENTICATED = 401
_OUTSIDE_QUOTES = re.compile(r"[^\x20\x21\x23-\x5b\x5d-\x7e]")  # RFC 6750 §3: error_description, scope


def challenge(decision: Decision) -> str | None:
    """Return the Bearer challenge (RFC 6750 §3) of a 401 or of insufficient_scope; None for any other denial.

    A request without a token is told no error (RFC 6750 §3.1). `scope` is all that the operation needs, and
    `resource_metadata` leads to the authorization servers (RFC 9728 §5.1).
    """
    status, error, _ = ANSWERS[decision.reason]
    if error is None and status != _UNAUTHENTICATED:
        return None
    parameters = {
        "error": error or "",
        "error_description": decision.message if error else "",
        "scope": " ".join(decision.evidence.required_scopes),
        "resource_metadata": _metadata_of(decision.evidence),
    }
    said = [f'{name}="{_quotable(value)}"' for name, value in parameters.items() if value]
    # The scheme is followed by at least one parameter (RFC 6750 §3).
    return "Bearer " + ", ".join(said or ['realm="accredit"'])


def metadata_url(resource: str) -> str:
    """Return where a resource's metadata is: the well-known part stands before its path and query (RFC 9728 §3.1)."""
    scheme, authority, path, query, _ = urlsplit(resource)
    return urlunsplit((scheme, authority, _WELL_KNOWN + ("" if path == "/" else path), query, ""))


def _metadata_of(evidence: Evidence) -> str:
    stated = None if evidence.governing is None else evidence.governing.body.challenge
    return "" if stated is None or stated.resource is None else metadata_url(stated.resource)


def _quotable(text: str) -> str:
    return _OUTSIDE_QUOTES.sub("?", text.replace('"', "'"))
