"""Refuses a request whose method, host, path or body could mean one thing here and another to the service behind us."""

import re

from accredit_extauthz.contract.path_pattern import is_path
from accredit_extauthz.contract.shown import shown
from accredit_extauthz.model.call import Call
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.model.refusal import refuse

_METHOD = re.compile(r"[A-Z]{2,20}")
_NEVER = frozenset({"CONNECT", "TRACE"})  # a tunnel is opaque after one check; TRACE echoes what we injected
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(
    rf"(?:{_LABEL}\.)*{_LABEL}|\[[0-9a-f:.]{{2,45}}\]"
)  # bare names and addresses can be pinned to a policy
_MAX_HOST = 253
_MAX_PATH = 4096
_PARTIAL_BODY = "x-envoy-auth-partial-body"


def check_request_shape(call: Call, max_body: int) -> None:
    """Refuse what has no single meaning. Raises request_malformed, body_truncated, body_too_large."""
    if _METHOD.fullmatch(call.method) is None or call.method in _NEVER:
        refuse(Reason.REQUEST_MALFORMED, f"method {shown(call.method)} is not served; use a method in upper case")
    if "upgrade" in call.headers:
        refuse(Reason.REQUEST_MALFORMED, "an Upgrade would turn the connection opaque after one check; leave it out")
    if len(call.host) > _MAX_HOST or _HOST.fullmatch(call.host) is None:
        refuse(Reason.REQUEST_MALFORMED, f"host {shown(call.host)} is not one canonical host name")
    if len(call.path) > _MAX_PATH or not is_path(call.path):
        refuse(
            Reason.REQUEST_MALFORMED, f"path {shown(call.path)} has more than one spelling; send it in canonical form"
        )
    if call.headers.get(_PARTIAL_BODY, "false").lower() != "false":
        refuse(Reason.BODY_TRUNCATED, "only the start of the body was passed on; set allow_partial_message to false")
    if len(call.body) > max_body:
        refuse(Reason.BODY_TOO_LARGE, f"the body has {len(call.body)} bytes; the limit is {max_body}")
