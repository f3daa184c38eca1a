"""A scenario's request as the bytes that Envoy would send: the server's own reader takes it from there."""

import json
from urllib.parse import quote

from accredit_cli.scenarios.form import Message, Peer, Request, Situation
from accredit_cli.scenarios.layers import present
from accredit_extauthz.codec.envoy_subset_pb2 import AttributeContext, CheckRequest

_JSON = "application/json"


def check_request(situation: Situation, token: str | None) -> bytes:
    """Return the CheckRequest for a situation; `token` goes into the Authorization header unless one is written."""
    request = situation.request
    body, content_type = _body(request)
    usual = {"content-type": content_type, "authorization": None if token is None else f"Bearer {token}"}
    written = {name.lower() for name in request.headers}
    headers = present({**{name: text for name, text in usual.items() if name not in written}, **request.headers})
    http = AttributeContext.HttpRequest(
        method=request.method or ("GET" if body is None else "POST"),
        headers={name: str(text) for name, text in headers.items()},
        path=request.path,
        host=request.host,
        size=len(body or b""),
        raw_body=body or b"",
    )
    attributes = AttributeContext(
        source=_peer(situation.peer or Peer()),
        destination=AttributeContext.Peer(principal=situation.destination),
        request=AttributeContext.Request(http=http),
        context_extensions=situation.extensions,
    )
    return CheckRequest(attributes=attributes).SerializeToString(deterministic=True)


def _body(request: Request) -> tuple[bytes | None, str | None]:
    if request.mcp is not None:
        return _message(request.mcp), _JSON
    if request.json_ is not None:
        return json.dumps(request.json_).encode(), _JSON
    return (None, None) if request.body is None else (request.body.encode(), None)


def _message(message: Message) -> bytes:
    members = {"jsonrpc": "2.0", "id": message.id, "method": message.method, "params": message.params}
    return json.dumps(present(members)).encode()


def _peer(peer: Peer) -> AttributeContext.Peer:
    built = AttributeContext.Peer(principal=peer.principal, certificate=quote(peer.certificate, safe=""))
    built.address.socket_address.address = peer.address
    return built
