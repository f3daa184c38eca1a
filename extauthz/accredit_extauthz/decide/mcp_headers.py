"""The Mcp-* headers of a message, which must agree with its body (MCP 2026-07-28, Streamable HTTP).

Since 2026-07-28 clients must send them; before, none did, but one that is there may still mislead a router and must
agree all the same.
"""

import base64
import binascii
import re
from collections.abc import Mapping

from accredit_extauthz.contract.shown import shown
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import refuse

VERSIONS_WITH_SESSIONS = frozenset({"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"})
VERSIONS_WITH_HEADERS = frozenset({"2026-07-28"})

_UNSTATED = "2025-03-26"  # what a server assumes without the header (MCP 2025-06-18, Protocol Version Header)
_NAMED = frozenset({"tools/call", "prompts/get", "resources/read"})  # methods whose name the Mcp-Name header repeats
_TASKS = "tasks/"  # methods whose Mcp-Name is the task
_SENTINEL = re.compile(r"=\?base64\?([A-Za-z0-9+/]*={0,2})\?=")


def protocol_version(headers: Mapping[str, str]) -> str:
    """Return the protocol version of the message. Raises request_malformed for one that is not known."""
    version = headers.get("mcp-protocol-version", _UNSTATED)
    if version not in VERSIONS_WITH_SESSIONS and version not in VERSIONS_WITH_HEADERS:
        refuse(
            Reason.REQUEST_MALFORMED, f"MCP-Protocol-Version {shown(version)} is not known here, so its rules are not"
        )
    return version


def check_headers(
    headers: Mapping[str, str], version: str, *, method: str | None, name: str | None, task: object = None
) -> None:
    """Refuse headers that say something else than the body. Raises header_body_mismatch."""
    stated = headers.get("mcp-method")
    if stated != method and (stated is not None or version in VERSIONS_WITH_HEADERS):
        refuse(Reason.HEADER_BODY_MISMATCH, f"the Mcp-Method header is {_found(stated)}; the body's method is {method}")
    stated_name = headers.get("mcp-name")
    if stated_name is None and (version not in VERSIONS_WITH_HEADERS or method not in _NAMED):
        return
    expected = task if method is not None and method.startswith(_TASKS) else name
    said = None if stated_name is None else decode_header(stated_name)
    if said is None or said != expected:  # a broken wrapping says nothing, which no body names
        refuse(
            Reason.HEADER_BODY_MISMATCH, f"the Mcp-Name header is {_found(stated_name)}, which the body does not name"
        )


def decode_header(value: str) -> str | None:
    """Return what a header value says: itself, or what the Base64 sentinel wraps; None when the wrapping is broken."""
    sentinel = _SENTINEL.fullmatch(value)
    if sentinel is None:
        return value
    try:
        data = base64.b64decode(sentinel[1], validate=True)
        if base64.b64encode(data).decode("ascii") != sentinel[1]:
            return None
        return data.decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None


def _found(value: str | None) -> str:
    return "missing" if value is None else shown(value)
