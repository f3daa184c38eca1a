"""Unix sockets that only their owner may open."""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from accredit_extauthz.transport.port import ListenFailed

_PREFIX = "unix:"
_OWNER_ONLY = 0o177  # umask: sockets come out 0600


def socket_path(address: str) -> Path | None:
    """Return the path of a `unix:` address, None for any other."""
    return Path(address.removeprefix(_PREFIX)) if address.startswith(_PREFIX) else None


@contextmanager
def owner_only(path: Path) -> Iterator[None]:
    """Whatever is bound inside has mode 0600 from its first moment. Raises ListenFailed when the path is in use."""
    _refuse_in_use(path)
    # The umask is the process's: a file made by another thread meanwhile comes out stricter, never more open.
    before = os.umask(_OWNER_ONLY)
    try:
        yield
    finally:
        os.umask(before)


def remove(path: Path) -> None:
    """Remove the socket at `path`, if one is there."""
    if _is_socket(path):
        path.unlink(missing_ok=True)


def _refuse_in_use(path: Path) -> None:
    """Refuse a path that somebody listens on: gRPC itself would unlink it and take its place without a word."""
    if not path.exists():
        return
    if not _is_socket(path):
        raise ListenFailed(f"{path} exists and is no socket; remove it or listen elsewhere")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        if probe.connect_ex(str(path)) == 0:
            raise ListenFailed(f"another process listens on {path}; stop it or listen elsewhere")


def _is_socket(path: Path) -> bool:
    try:
        return stat.S_ISSOCK(path.stat().st_mode)
    except FileNotFoundError:
        return False
