"""An HTTPS server on loopback that answers byte for byte what a test tells it, and the names and proxy around it."""

import asyncio
import contextlib
import json
import socket
import ssl
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from aiohttp.abc import AbstractResolver
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from fakes import certificates
from fakes.certificates import FakeAuthority

Speak = Callable[[asyncio.StreamWriter], Awaitable[None]]

CONFIGURATION = "/.well-known/openid-configuration"


class KeyAuthority(FakeAuthority):
    """An authority that signs for any names."""

    def pair_for(self, *hosts: str) -> tuple[bytes, bytes]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, hosts[0])])
        names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
        unsigned = certificates._builder(subject, self._name, key).add_extension(names, critical=False)
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return certificates._pem(unsigned.sign(self._key, hashes.SHA256())), secret


@dataclass(frozen=True)
class Answer:
    """One answer. A body that is no bytes is written as JSON."""

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    async def __call__(self, writer: asyncio.StreamWriter) -> None:
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        headers = {"Content-Length": str(len(body)), "Connection": "close"} | dict(self.headers)
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {self.status} Said\r\n{head}\r\n".encode() + body)
        await writer.drain()


async def endless(writer: asyncio.StreamWriter) -> None:
    """A body without a length and without an end."""
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b" " * 65536)
        await writer.drain()


async def silent(writer: asyncio.StreamWriter) -> None:
    """No answer at all."""
    await asyncio.Event().wait()


async def trickling(writer: asyncio.StreamWriter) -> None:
    """A head, then a byte now and then: never idle, never done."""
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.005)


async def garbled(writer: asyncio.StreamWriter) -> None:
    """Not HTTP."""
    writer.write(b"\x00\x01 this is no HTTP\r\n\r\n")
    await writer.drain()


@dataclass
class Seen:
    path: str
    headers: dict[str, str]


class KeyServer:
    """Serves `answers` by path, 404 elsewhere; `seen` holds every request. Plain HTTP without an authority."""

    def __init__(self, authority: KeyAuthority | None = None, hosts: tuple[str, ...] = ("localhost",)) -> None:
        self.answers: dict[str, Speak] = {}
        self.seen: list[Seen] = []
        self._context = None if authority is None else _context(*authority.pair_for(*hosts))
        self._host = hosts[0]
        self._open: set[asyncio.Task[Any]] = set()

    @property
    def port(self) -> int:
        return self._server.sockets[0].getsockname()[1]

    @property
    def url(self) -> str:
        return f"{'http' if self._context is None else 'https'}://{self._host}:{self.port}"

    def serve_discovery(self, jwks: list[dict[str, Any]], **changes: Any) -> None:
        """Answer discovery for the issuer that this server's URL names, and its set at /jwks."""
        document = {"issuer": self.url, "jwks_uri": f"{self.url}/jwks"} | changes
        self.answers[CONFIGURATION] = Answer({name: value for name, value in document.items() if value is not ...})
        self.answers["/jwks"] = Answer({"keys": jwks})

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context)
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
            self.seen.append(Seen(head[0].split(" ")[1], headers))
            await self.answers.get(self.seen[-1].path, Answer(status=404))(writer)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


class Tunnel:
    """A CONNECT proxy on loopback that leads every name to loopback; `asked` holds the targets."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._open: set[asyncio.Task[Any]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        target = (await reader.readuntil(b"\r\n\r\n")).decode().split(" ")[1]
        self.asked.append(target)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", int(target.rpartition(":")[2]))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        for one in (writer, far_writer):
            one.close()
            with contextlib.suppress(OSError):
                await one.wait_closed()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


class FakeNames(AbstractResolver):
    """Resolves names to scripted addresses: each question takes the next list, the last one stays."""

    def __init__(self, **scripts: list[list[str]]) -> None:
        self._scripts = {name.replace("_", "."): list(lists) for name, lists in scripts.items()}
        self.asked: list[str] = []

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[Any]:
        self.asked.append(host)
        script = self._scripts.get(host.rstrip("."))
        if script is None:
            raise OSError(None, f"no such name {host}")
        addresses = script.pop(0) if len(script) > 1 else script[0]
        return [
            {"hostname": host, "host": address, "port": port, "family": family, "proto": 0, "flags": 0}
            for address in addresses
        ]

    async def close(self) -> None:
        pass


def _context(certificate: bytes, key: bytes) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        paths = Path(folder) / "tls.crt", Path(folder) / "tls.key"
        paths[0].write_bytes(certificate)
        paths[1].write_bytes(key)
        context.load_cert_chain(*paths)
    return context


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
