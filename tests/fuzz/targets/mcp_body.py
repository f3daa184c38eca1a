"""The body of an MCP request: decide() reads it as the reference does, and an allowed tool is the one it names."""

import json

from accredit_extauthz.contract.snapshot import Protocol
from accredit_extauthz.model.decision import Ruling
from fakes import scene
from fuzz.twice import World

_MESSAGES = (
    scene.tool_call(),
    scene.tool_call("contacts.get_one", id=1, deep=[[[{"a": 1.5e3}]]]),
    scene.tool_call("contacts.delete"),
    [scene.tool_call()],
    {"jsonrpc": "2.0", "id": "x", "method": "tools/list", "params": {"cursor": "c"}},
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
    {"jsonrpc": "2.0", "id": 1, "result": {}},
    scene.tool_call() | {"Method": "tools/list"},
)
SEEDS = (
    *(json.dumps(message).encode() for message in _MESSAGES),
    b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"contacts.search","name":"contacts.delete"}}',
    b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"contacts.\\u0073earch","arguments":{"n":1e400}}}',
    b"\xef\xbb\xbf{}",
)
_WORLD = World(policies=(scene.policy(body=scene.body(protocol=Protocol.MCP, rules=(scene.mcp_rule(),))),))
_TOKEN = scene.IDP.mint()


def judge(data: bytes) -> None:
    """Raise AssertionError when the body is read differently twice, or another tool than the one it names passes."""
    given = _WORLD.judge(scene.mcp_call(data, _TOKEN))
    if (
        given.ruling is Ruling.DENY
        or given.evidence.operation is None
        or given.evidence.operation.method != "tools/call"
    ):
        return
    name = json.loads(data)["params"]["name"]
    assert name == given.evidence.operation.name
    assert name == "contacts.search" or name.startswith("contacts.get_")
