import json

import pytest

from accredit_extauthz.codec.denial_body import page
from accredit_extauthz.contract.snapshot import DenialBody
from accredit_extauthz.model.reason import ANSWERS, Reason
from fakes.decisions import ID, denied, governing

RPC = governing(denial_body=DenialBody.JSON_RPC)
RPC_OK = governing(denial_body=DenialBody.JSON_RPC_OK)
DENIALS = [reason for reason, answer in ANSWERS.items() if answer.status >= 400]


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        pytest.param(Reason.TOKEN_EXPIRED, -32001, id="401"),
        pytest.param(Reason.RULE_DENIED, -32003, id="403"),
        pytest.param(Reason.HEADER_BODY_MISMATCH, -32020, id="header and body differ"),
        pytest.param(Reason.BATCH_UNSUPPORTED, -32600, id="400"),
        pytest.param(Reason.BODY_TOO_LARGE, -32600, id="413"),
        pytest.param(Reason.SNAPSHOT_MISSING, -32603, id="503"),
    ],
)
def test_a_reason_has_its_json_rpc_code(reason, code):
    assert json.loads(page(denied(reason, governing=RPC), ID).text)["error"]["code"] == code


@pytest.mark.parametrize("reason", DENIALS)
def test_only_a_403_is_shown_as_200(reason):
    status = ANSWERS[reason].status
    assert page(denied(reason, governing=RPC), ID).status == status
    assert page(denied(reason, governing=RPC_OK), ID).status == (200 if status == 403 else status)


@pytest.mark.parametrize(
    ("rpc_id", "echoed"),
    [
        pytest.param(0, 0, id="zero"),
        pytest.param(2**70, 2**70, id="a large integer"),
        pytest.param("a" * 64, "a" * 64, id="64 characters"),
        pytest.param("a" * 65, None, id="65 characters"),
        pytest.param(None, None, id="none"),
    ],
)
def test_the_id_of_the_message_is_echoed(rpc_id, echoed):
    assert json.loads(page(denied(Reason.RULE_DENIED, governing=RPC, rpc_id=rpc_id), ID).text)["id"] == echoed


def test_without_a_governing_policy_the_body_is_problem_details():
    found = page(denied(Reason.NO_POLICY, "nothing governs it", governing=None), ID)
    assert (found.status, found.content_type) == (403, "application/problem+json")
    assert json.loads(found.text) == {
        "type": "urn:accredit:reason:no_policy",
        "title": "No policy",
        "status": 403,
        "detail": "nothing governs it",
        "decision": ID,
        "reason": "no_policy",
    }
