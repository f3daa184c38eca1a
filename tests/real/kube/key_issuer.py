"""An issuer on loopback for programs that fetch its keys, and the proxy that is the only way to it.

The operator never connects to loopback. It may go through a proxy that its deployer names, as here; the issuer has a
public name, a certificate of its own authority, and keys that a test rotates.
"""

import asyncio
import threading
from typing import Any, Self

from fakes.issuer import FakeIssuer
from fakes.key_server import Answer, KeyAuthority, KeyServer, Tunnel
from fakes.objects import Raw, issuer

HOST = "idp.example"


class KeyIssuer:
    """Serves the public keys of `signers` over HTTPS; runs in a thread of its own."""

    def __init__(self) -> None:
        self._authority = KeyAuthority()
        self._server = KeyServer(self._authority, (HOST,))
        self._tunnel = Tunnel()
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._begun.wait(10)
        return self

    def __exit__(self, *exception: object) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(10)
        self._loop.close()

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def environment(self) -> dict[str, str]:
        """What leads a program here."""
        return {"HTTPS_PROXY": self._tunnel.url, "NO_PROXY": "127.0.0.1"}

    @property
    def fetches(self) -> int:
        """How often keys were asked for, successfully or not."""
        return [seen.path for seen in self._server.seen].count("/jwks")

    def signer(self, kid: str) -> FakeIssuer:
        """A new key of this issuer, not published yet."""
        return FakeIssuer(self.url, kid=kid)

    def publish(self, *signers: FakeIssuer) -> None:
        """Serve these keys and no others."""
        self._server.serve_discovery([signer.jwk() for signer in signers])

    def break_down(self) -> None:
        """Answer 500 to whoever asks for keys."""
        self._server.answers["/jwks"] = Answer(status=500)

    def document(self, name: str = "corp-idp", **jwks: Any) -> Raw:
        """The TrustedIssuer whose keys are discovered here."""
        return issuer(
            name, issuer=self.url, jwks={"source": "Discovery", "caBundle": self._authority.pem.decode(), **jwks}
        )

    async def _serve(self) -> None:
        async with self._server, self._tunnel:
            self._begun.set()
            await self._ended.wait()
