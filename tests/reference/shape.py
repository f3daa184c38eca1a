"""Whether a request has one meaning (facts 4-11; api.md §3: CONNECT and Upgrade are request_malformed)."""

import re

from accredit_extauthz.model.call import Call
from accredit_extauthz.model.reason import Reason
from reference.text import has_hidden
from reference.verdict import Denied

MAX_LABEL = 63
MAX_PATH = 4096
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?")
_PLAIN = re.compile(r"[A-Za-z0-9._~!$&'()+,=:@-]*")
_ENCODED = re.compile(r"(%[0-9A-F]{2})+")


def is_host(host: str) -> bool:
    if re.fullmatch(r"\[[0-9a-f:.]+\]", host):
        return True
    return len(host) <= 253 and all(len(label) <= MAX_LABEL and _LABEL.fullmatch(label) for label in host.split("."))


def is_spelt_once(run: str) -> bool:
    """Whether a run of %XX is UTF-8 for spaces and visible characters beyond ASCII: nothing that has another form."""
    try:
        text = bytes.fromhex(run.replace("%", "")).decode("utf-8")
    except ValueError:
        return False
    return all(c == " " or (c > "~" and not has_hidden(c)) for c in text)


def is_path(path: str) -> bool:
    if not path.startswith("/") or "//" in path or len(path) > MAX_PATH:
        return False
    for segment in path[1:].split("/"):
        if segment.endswith((".", "%20")) or segment.startswith("%20"):
            return False
        if not _PLAIN.fullmatch(_ENCODED.sub("", segment)):
            return False
        if not all(is_spelt_once(run.group()) for run in _ENCODED.finditer(segment)):
            return False
    return True


def check(call: Call, max_body: int) -> None:
    if not re.fullmatch("[A-Z]{2,20}", call.method) or call.method in ("CONNECT", "TRACE"):
        raise Denied(Reason.REQUEST_MALFORMED)
    if not is_host(call.host) or not is_path(call.path) or "upgrade" in call.headers:
        raise Denied(Reason.REQUEST_MALFORMED)
    if call.headers.get("x-envoy-auth-partial-body", "false").lower() != "false":
        raise Denied(Reason.BODY_TRUNCATED)
    if len(call.body) > max_body:
        raise Denied(Reason.BODY_TOO_LARGE)
