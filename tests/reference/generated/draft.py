"""A request in the making: every part of it can still be bent before it becomes a Call."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from accredit_extauthz.contract.snapshot import IssuerRecord
from accredit_extauthz.model.call import Call, Peer
from fakes.issuer import NOW, FakeIssuer

NOBODY = Peer("", "127.0.0.1", "")


@dataclass
class Draft:
    issuer: IssuerRecord
    signer: FakeIssuer
    claims: dict[str, Any]
    header: dict[str, Any]
    method: str = "GET"
    host: str = "crm.example"
    path: str = "/v1/contacts"
    headers: dict[str, str] = field(default_factory=dict)
    message: Any = None  # of MCP; bytes are sent as they are
    peer: Peer = NOBODY
    destination: str = ""
    extensions: dict[str, str] = field(default_factory=dict)
    declared_size: int | None = None  # None: what the body has
    now: int = NOW
    view_age_s: int = 0
    on_payload: list[Callable[[bytes], bytes]] = field(default_factory=list)
    on_header: list[Callable[[bytes], bytes]] = field(default_factory=list)
    on_token: list[Callable[[str], str]] = field(default_factory=list)
    on_authorization: list[Callable[[str], str | None]] = field(default_factory=list)
    on_body: list[Callable[[bytes], bytes]] = field(default_factory=list)

    def body(self) -> bytes:
        data = self.message if isinstance(self.message, bytes) else b""
        if self.message is not None and not isinstance(self.message, bytes):
            data = json.dumps(self.message).encode()
        for change in self.on_body:
            data = change(data)
        return data

    def token(self) -> str:
        header, payload = json.dumps(self.header).encode(), json.dumps(self.claims).encode()
        for change in self.on_header:
            header = change(header)
        for change in self.on_payload:
            payload = change(payload)
        token = self.signer.sign(header, payload)
        for change_token in self.on_token:
            token = change_token(token)
        return token

    def call(self) -> Call:
        authorization: str | None = f"Bearer {self.token()}"
        for change in self.on_authorization:
            authorization = change(authorization) if authorization is not None else None
        headers = dict(self.headers)
        if authorization is not None:
            headers["authorization"] = authorization
        body = self.body()
        return Call(
            method=self.method,
            host=self.host,
            path=self.path,
            headers=headers,
            body=body,
            declared_size=(len(body) if body else -1) if self.declared_size is None else self.declared_size,
            peer=self.peer,
            destination=self.destination,
            extensions=self.extensions,
            request_id="r-1",
            trace_id="",
            spoofed=(),
        )
