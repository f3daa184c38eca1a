"""A member that stands twice: one parser takes the first, another the last."""

import json

import pytest

from accredit_extauthz.model.reason import Reason
from fakes.attack import MCP, TOOL, denied, message, with_token
from fakes.scene import IDP

HEADER = b'{"alg":"ES256","kid":"k1","typ":"at+jwt"}'
CLAIMS = json.dumps(IDP.claims()).encode()


@pytest.mark.parametrize(
    "smuggled",
    [
        b'"sub":"root",',
        b'"s\\u0075b":"root",',
        b'"scope":"tool:crm:write",',
        b'"act":{"sub":"agent:other"},',
        b'"exp":99999999999,',
        b'"x":{"a":1,"a":1},',
        b'"x":[{"a":{"b":1,"\\u0062":2}}],',
    ],
    ids=lambda part: part.decode(),
)
def test_in_the_claims(smuggled):
    assert denied(with_token(IDP.sign(HEADER, b"{" + smuggled + CLAIMS[1:]))) is Reason.TOKEN_MALFORMED


@pytest.mark.parametrize("smuggled", [b'"alg":"none",', b'"kid":"k2",', b'"\\u0061lg":"none",'], ids=repr)
def test_in_the_header(smuggled):
    assert denied(with_token(IDP.sign(b"{" + smuggled + HEADER[1:], CLAIMS))) is Reason.TOKEN_MALFORMED


def test_in_act():
    act = b'{"sub":"agent:planner","sub":"agent:other"}'
    claims = CLAIMS.replace(b'{"sub": "agent:planner"}', act)
    assert act in claims
    assert denied(with_token(IDP.sign(HEADER, claims))) is Reason.TOKEN_MALFORMED


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"name":', b'"name":"contacts.delete","name":'),
        (b'"name":', b'"n\\u0061me":"contacts.delete","name":'),
        (b'"method":', b'"method":"ping","method":'),
        (b'"params":', b'"params":{"name":"contacts.delete"},"params":'),
        (b'"arguments":{', b'"arguments":{"id":1,"id":2'),
    ],
    ids=str,
)
def test_in_a_message(before, after):
    assert before in TOOL
    assert denied(message(TOOL.replace(before, after)), MCP) is Reason.REQUEST_MALFORMED
