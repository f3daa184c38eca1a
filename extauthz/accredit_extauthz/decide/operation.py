"""What a request does: an HTTP request as it stands, or the one MCP message in its body."""

from typing import assert_never

from accredit_extauthz.contract.snapshot import Protocol
from accredit_extauthz.decide.mcp import read_mcp
from accredit_extauthz.model.call import Call
from accredit_extauthz.model.decision import Evidence
from accredit_extauthz.model.operation import Operation


def read_operation(call: Call, protocol: Protocol, evidence: Evidence) -> Operation:
    """Return the operation in the words of the policy's protocol. Raises the reasons of `read_mcp`."""
    match protocol:
        case Protocol.HTTP:
            return Operation(
                protocol=Protocol.HTTP,
                method=call.method,
                name=None,
                http_method=call.method,
                path=call.path,
                arguments_digest=None,
                is_base=False,
            )
        case Protocol.MCP:
            return read_mcp(call, evidence)
        case never:
            assert_never(never)
