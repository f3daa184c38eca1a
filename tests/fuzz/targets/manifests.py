"""YAML files: read and compiled, or refused with a file and a line; nothing else is ever raised."""

import atexit
import tempfile
from pathlib import Path

import yaml

from accredit_operator.manifests import Fault, ManifestsUnreadable, compile_manifests
from fakes.objects import agent, issuer, policy

SEEDS = (
    yaml.safe_dump_all([issuer(), agent(), policy()]).encode(),
    yaml.safe_dump(agent(suspended=True, delegatesTo=[{"name": "planner"}])).encode(),
    b"a: &a [1, 2]\nb: [*a, *a]\n---\n- x\n",
    b"apiVersion: accredit.dev/v1alpha1\nkind: Revocation\nmetadata: {name: r}\nspec: {reason: x}\n",
    b"apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Namespace\n  metadata: {name: n}\n",
    b"\xff\xfe",
)
_FOLDER = tempfile.TemporaryDirectory(prefix="accredit-fuzz-")
_FILE = Path(_FOLDER.name, "fuzzed.yaml")
atexit.register(_FOLDER.cleanup)


def judge(data: bytes) -> None:
    """Raise what a file raised that is no ManifestsUnreadable; AssertionError when a fault has no place."""
    _FILE.write_bytes(data)
    for fault in _faults():
        assert fault.line >= 1
        assert fault.message


def _faults() -> tuple[Fault, ...]:
    try:
        compile_manifests([_FILE])
    except ManifestsUnreadable as unreadable:
        return unreadable.faults
    return ()
