"""Encodes answers; allows that tell the upstream the same are encoded once, and then only get their decision's id.

`codec.response.encode` makes every answer, the remembered ones too: what is kept is its bytes, cut where the id stands.
"""

import uuid
from collections.abc import Callable

from accredit_extauthz.contract.names import PolicyRef
from accredit_extauthz.model.decision import Decision, Ruling
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.serve.recent import Recent

MAX_ANSWERS = 4096
MAX_PARTS = 512  # combinations of issuer, tenant, chain, scopes and rule, whoever the user is

_ID_LENGTH = 36
_PLACES = 2  # of an id in an allow: a header and the metadata

Encode = Callable[[Decision, str], bytes]
_Key = tuple[int, tuple[PolicyRef, str] | None]


class Answers:
    """Answers as `encode` makes them. A remembered one is the same bytes, because an id has one length."""

    def __init__(self, encode: Encode, bound: int = MAX_ANSWERS) -> None:
        self._encode = encode
        self._recent: Recent[_Key, tuple[object, list[bytes]]] = Recent(bound)
        # Drawn by chance, so that no text of a sender can hold it.
        self._placeholder = str(uuid.uuid4())

    def encode(self, decision: Decision, decision_id: str) -> bytes:
        """Return the answer to Envoy."""
        key = _key(decision)
        if key is None or len(decision_id) != _ID_LENGTH:
            return self._encode(decision, decision_id)
        found = self._recent.get(key)
        # An entry holds its grounds, so nothing else can have their id; the comparison makes that certain.
        if found is None or found[0] is not decision.evidence.grounds:
            parts = self._encode(decision, self._placeholder).split(self._placeholder.encode("ascii"))
            if len(parts) != _PLACES + 1:
                return self._encode(decision, decision_id)
            found = (decision.evidence.grounds, parts)
            self._recent.put(key, found)
        return decision_id.encode("ascii").join(found[1])


def _key(decision: Decision) -> _Key | None:
    """Return what an allow depends on beside its id; None for what is encoded anew each time.

    A request whose headers pretend to be ours has removals of its own, and so has one under a policy with extra
    headers, which may be spelt in several ways.
    """
    evidence = decision.evidence
    if decision.ruling is not Ruling.ALLOW or decision.reason is not Reason.ALLOWED or evidence.grounds is None:
        return None
    if evidence.extra_headers or evidence.call is None or evidence.call.spoofed:
        return None
    return (id(evidence.grounds), evidence.rule)
