"""What a request does, in the words of its protocol."""

import msgspec

from accredit_extauthz.contract.snapshot import Protocol

STREAM = "$stream"  # GET: a server-to-client stream
CLOSE = "$close"  # DELETE: the end of a session
RESPONSE = "$response"  # POST of a JSON-RPC response


class Operation(msgspec.Struct, frozen=True, gc=False):
    """An HTTP request, or one MCP message.

    `method` is the HTTP method, the MCP method, or one of the pseudo-methods above. `name` is the tool, resource URI or
    prompt that an MCP method names. `http_method` and `path` are those of the request that carried it.
    """

    protocol: Protocol
    method: str
    name: str | None
    http_method: str
    path: str
    arguments_digest: str | None  # sha256:<hex> over canonical JSON of the arguments; None where there are none
    is_base: bool  # one of MCP's closed list of base methods
