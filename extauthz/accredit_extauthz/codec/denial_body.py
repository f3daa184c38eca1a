"""The body of a denial: problem details (RFC 9457) or a JSON-RPC error."""

import json
from typing import NamedTuple, assert_never

from accredit_extauthz.contract.snapshot import DenialBody
from accredit_extauthz.model.decision import Decision, Evidence
from accredit_extauthz.model.reason import ANSWERS, Reason

_FORBIDDEN = 403
_MAX_RPC_ID = 64  # characters of a string id that is echoed
_RPC_MISMATCH = -32020
_RPC_SHAPE = -32600
_RPC_CODES = {401: -32001, 403: -32003, 503: -32603}


class Page(NamedTuple):
    """What the client gets: HTTP status, content type, body."""

    status: int
    content_type: str
    text: str


def page(decision: Decision, decision_id: str) -> Page:
    """Return the denial in the shape that the governing policy names; problem details where none governs."""
    status = ANSWERS[decision.reason].status
    match _shape(decision.evidence):
        case DenialBody.PROBLEM:
            return Page(status, "application/problem+json", _problem(decision, decision_id))
        case DenialBody.JSON_RPC:
            return Page(status, "application/json", _rpc_error(decision, decision_id))
        case DenialBody.JSON_RPC_OK:
            # Clients that take a 403 for a broken session read the error from a 200; a 401 must start their login.
            shown = 200 if status == _FORBIDDEN else status
            return Page(shown, "application/json", _rpc_error(decision, decision_id))
        case never:
            assert_never(never)


def _shape(evidence: Evidence) -> DenialBody:
    return DenialBody.PROBLEM if evidence.governing is None else evidence.governing.body.denial_body


def _problem(decision: Decision, decision_id: str) -> str:
    return _json(
        {
            "type": f"urn:accredit:reason:{decision.reason}",
            "title": decision.reason.replace("_", " ").capitalize(),
            "status": ANSWERS[decision.reason].status,
            "detail": decision.message,
            "decision": decision_id,
            "reason": decision.reason,
        }
    )


def _rpc_error(decision: Decision, decision_id: str) -> str:
    data = {"reason": decision.reason, "decision": decision_id, "message": decision.message}
    error = {"code": _rpc_code(decision.reason), "message": decision.message, "data": data}
    return _json({"jsonrpc": "2.0", "id": _rpc_id(decision.evidence), "error": error})


def _rpc_code(reason: Reason) -> int:
    if reason is Reason.HEADER_BODY_MISMATCH:
        return _RPC_MISMATCH
    return _RPC_CODES.get(ANSWERS[reason].status, _RPC_SHAPE)


def _rpc_id(evidence: Evidence) -> int | str | None:
    found = evidence.rpc_id
    return None if isinstance(found, str) and len(found) > _MAX_RPC_ID else found


def _json(value: dict[str, object]) -> str:
    # ASCII alone: a lone surrogate that a sender smuggled into an id stays an escape, as it came.
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))
