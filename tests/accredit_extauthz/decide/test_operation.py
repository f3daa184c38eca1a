from accredit_extauthz.contract.snapshot import Protocol
from accredit_extauthz.decide.operation import read_operation
from accredit_extauthz.model.decision import Evidence
from fakes.scene import call, mcp_call, tool_call


def test_an_http_request_is_what_it_is() -> None:
    operation = read_operation(call(method="PUT"), Protocol.HTTP, Evidence())
    assert (operation.method, operation.http_method, operation.path, operation.name) == (
        "PUT",
        "PUT",
        "/v1/contacts",
        None,
    )
    assert (operation.arguments_digest, operation.is_base) == (None, False)


def test_an_mcp_request_is_its_message() -> None:
    assert read_operation(mcp_call(tool_call("a")), Protocol.MCP, Evidence()).name == "a"
