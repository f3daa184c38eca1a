"""Becomes a command that finds what a pod finds: the API server by its Service's name, and its account's files.

Runs in namespaces of its own (user, network, mount), so nothing of it is seen outside. The API server is outside: the
socket that listens at the Service's address is handed to whoever started this, who carries its connections there.
"""

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
from pathlib import Path

SERVICE, PORT = "10.96.0.1", 443
NAME = "kubernetes.default.svc"

_SET_ADDRESS, _SET_FLAGS, _UP = 0x8916, 0x8914, 1  # SIOCSIFADDR, SIOCSIFFLAGS, IFF_UP: <linux/sockios.h>
_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def main() -> None:
    """The arguments: a folder with the account's files and a socket named `hand`, then the command."""
    folder, command = Path(sys.argv[1]), sys.argv[2:]
    _bring_up_loopback()
    _mount(folder)
    listener = socket.create_server((SERVICE, PORT))
    with socket.socket(socket.AF_UNIX) as hand:
        hand.connect(str(folder / "hand"))
        socket.send_fds(hand, [b"listener"], [listener.fileno()])
    os.execv(command[0], command)


def _bring_up_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        address = struct.pack("16sHH4s8x", b"lo:0", socket.AF_INET, 0, socket.inet_aton(SERVICE))
        fcntl.ioctl(control, _SET_FLAGS, struct.pack("16sH22x", b"lo", _UP))
        fcntl.ioctl(control, _SET_ADDRESS, address.ljust(40, b"\0"))


def _mount(folder: Path) -> None:
    (folder / "hosts").write_text(f"127.0.0.1 localhost\n{SERVICE} {NAME}\n")
    subprocess.run(["mount", "--bind", str(folder / "hosts"), "/etc/hosts"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "none", str(Path("/var/run").resolve())], check=True)
    _ACCOUNT.mkdir(parents=True)
    for name in ("token", "ca.crt", "namespace"):
        shutil.copy(folder / name, _ACCOUNT / name)


if __name__ == "__main__":
    main()
