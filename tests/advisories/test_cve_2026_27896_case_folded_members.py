"""CVE-2026-27896: a server that matches members without case reads another method or tool than was judged."""

import pytest

from accredit_extauthz.model.reason import Reason
from fakes.attack import MCP, TOOL, allowed, denied, message

TWINS = {
    "Method beside method": (b'"method":', b'"Method":"tools/list","method":'),
    "Method alone": (b'"method":', b'"Method":'),
    "METHOD after method": (b'"params":', b'"METHOD":"ping","params":'),
    "Params beside params": (b'"params":', b'"Params":{"name":"contacts.delete"},"params":'),
    "a long s in params": (b'"params":', '"param\u017f":{"name":"contacts.delete"},"params":'.encode()),
    "Name beside name": (b'"name":', b'"Name":"contacts.delete","name":'),
    "NAME after name": (b'"arguments":', b'"NAME":"contacts.delete","arguments":'),
    "Arguments beside arguments": (b'"arguments":', b'"Arguments":{},"arguments":'),
    "URI beside name": (b'"name":', b'"URI":"file:///etc/passwd","name":'),
    "taskid beside taskId": (b'"name":', b'"taskid":"b","taskId":"a","name":'),
    "Id beside id": (b'"id":', b'"Id":1,"id":'),
    "JSONRPC beside jsonrpc": (b'"jsonrpc":', b'"JSONRPC":"1.0","jsonrpc":'),
    "Result beside method": (b'"method":', b'"Result":{},"method":'),
}


@pytest.mark.parametrize(("before", "after"), TWINS.values(), ids=TWINS.keys())
def test_a_folded_twin(before, after):
    assert before in TOOL
    assert denied(message(TOOL.replace(before, after)), MCP) is Reason.REQUEST_MALFORMED


def test_the_message_itself_is_allowed():
    allowed(message(), MCP)
