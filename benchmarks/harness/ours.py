"""accredit-extauthz as it is run: its own process, a snapshot in a file, an audit file, metrics."""

import os
import pathlib
import ssl
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass, field

from accredit_operator.publish import replace_file
from fakes.certificates import FakeAuthority
from harness.pinned import SERVER, Pinned, free_port
from harness.scene import World

_MANY_RECORDS = 256 * 1024 * 1024  # bytes of audit records that a run may leave on the disk


@dataclass(frozen=True)
class Extauthz:
    """A running data plane, ready."""

    program: Pinned
    port: int
    folder: pathlib.Path
    tls: ssl.SSLContext | None  # how a client speaks to it

    def publish(self, document: bytes) -> None:
        """Put another snapshot in the place of the one that is served; it is taken soon after."""
        replace_file(_snapshot(self.folder), document)

    def forget_records(self) -> None:
        """Cut the audit file when it is long: a benchmark writes more than a disk may have."""
        if self.audit.stat().st_size > _MANY_RECORDS:
            os.truncate(self.audit, 0)

    @property
    def audit(self) -> pathlib.Path:
        """The audit file."""
        return self.folder / "audit.jsonl"


@dataclass(frozen=True)
class Extent:
    """Which data plane to start."""

    world: World = field(default_factory=World)
    transport: str = "completion-queue"
    with_tls: bool = False


def start(folder: pathlib.Path, name: str, extent: Extent) -> Extauthz:
    """Start it on the server's core, in a folder of its own, and return once it is ready."""
    home = folder / name
    home.mkdir()
    put_snapshot(home, extent.world.document())
    port, http = free_port(), free_port()
    settings = environment(home, port, http) | {"ACCREDIT_TRANSPORT": extent.transport}
    tls = None
    if extent.with_tls:
        authority = FakeAuthority()
        certificate, key = authority.write_pair(home)
        settings |= {"ACCREDIT_TLS_CERT": str(certificate), "ACCREDIT_TLS_KEY": str(key)}
        tls = ssl.create_default_context(cadata=authority.pem.decode())
        tls.set_alpn_protocols(["h2"])
    program = Pinned(command(), home / "log", settings, SERVER)
    program.until(lambda: is_ready(http), "readiness")
    return Extauthz(program, port, home, tls)


def command() -> list[str]:
    """Return what starts the data plane."""
    return [sys.executable, "-m", "accredit_extauthz"]


def environment(home: pathlib.Path, port: int, http: int) -> dict[str, str]:
    """Return the settings of a data plane whose snapshot and audit file are in a folder."""
    return {
        "ACCREDIT_LISTEN": f"127.0.0.1:{port}",
        "ACCREDIT_HTTP": f"127.0.0.1:{http}",
        "ACCREDIT_SNAPSHOT": str(_snapshot(home)),
        "ACCREDIT_AUDIT": f"file:{home / 'audit.jsonl'}",
    }


def _snapshot(home: pathlib.Path) -> pathlib.Path:
    """Return its place: apart from the audit file, or each record would wake the thread that watches the folder."""
    return home / "snapshot" / "snapshot.json"


def put_snapshot(home: pathlib.Path, document: bytes) -> None:
    """Put the snapshot that a data plane starts with in its place."""
    _snapshot(home).parent.mkdir(exist_ok=True)
    _snapshot(home).write_bytes(document)


def is_ready(http: int) -> bool:
    """Whether a data plane says that it serves."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{http}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004 -- OK
    except OSError:
        return False
