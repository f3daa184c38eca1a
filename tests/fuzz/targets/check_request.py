"""The bytes that Envoy sends: a refusal or a request, judged like the reference does, answered and recorded."""

import json

from accredit_extauthz.audit import record
from accredit_extauthz.codec import request, response
from accredit_extauthz.codec.envoy_subset_pb2 import CheckResponse
from accredit_extauthz.decide.decide import refused
from accredit_extauthz.model.decision import Decision, Evidence, Ruling
from accredit_extauthz.model.refusal import Refusal
from accredit_extauthz.serve.occasion import Occasion
from fakes import scene
from fakes.envoy import bare_request, check_request, raw_header_request
from fakes.issuer import NOW
from fuzz.twice import World

_BEARER = {"authorization": f"Bearer {scene.IDP.mint()}"}
_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
_WORLD = World()
SEEDS = (
    check_request(headers=_BEARER),
    check_request(headers=_BEARER | {"x-user-uid": "root", "traceparent": f"00-{'1' * 32}-{'2' * 16}-01"}),
    check_request("POST", path="/v1/contacts/../admin?a=b", headers=_BEARER, body=b"{}"),
    check_request(host="CRM.example.:443", headers=_BEARER, principal="spiffe://cluster.local/ns/a/sa/b"),
    check_request(extensions={"accredit.dev/policy": "tools/crm"}, headers=_BEARER, certificate="%0A"),
    raw_header_request([("authorization", b"Bearer \xff"), ("Authorization", b"Bearer x")]),
    bare_request(None),
)


def judge(data: bytes) -> None:
    """Raise AssertionError when an answer is not what was decided, or its record is not one line of JSON."""
    given = _judged(data)
    occasion = Occasion(decision_id=_ID, now_ns=NOW * 10**9, sequence=1, digest="sha256:0")
    answer = CheckResponse.FromString(response.encode(given, _ID))
    assert (answer.status.code == 0) == (given.ruling is not Ruling.DENY)
    assert answer.HasField("ok_response") == (given.ruling is not Ruling.DENY)
    for option in (*answer.ok_response.headers, *answer.denied_response.headers):
        assert option.header.value.isprintable()
    line = record.encode(given, occasion, 1)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert json.loads(line)["reason"] == given.reason


def _judged(data: bytes) -> Decision:
    try:
        asked = request.read(data)
    except Refusal as refusal:
        return refused(refusal, Evidence())
    return _WORLD.judge(asked)
