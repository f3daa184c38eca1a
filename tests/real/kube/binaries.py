"""Where etcd and Kubernetes are on this machine: KUBEBUILDER_ASSETS, else the cache, filled once by building them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "scripts" / "build_control_plane.py"
NAMES = ("etcd", "kube-apiserver", "kube-controller-manager")


class BinariesMissing(Exception):
    """There is no control plane to start; the message says what would help."""


def find() -> dict[str, Path]:
    """Return the binaries that need not be built. Raises BinariesMissing."""
    folder = os.environ.get("KUBEBUILDER_ASSETS")
    if folder:
        return _in(Path(folder))
    return _run("--no-build")


def find_or_build() -> dict[str, Path]:
    """Return the binaries, built where they are missing: minutes, with a line now and then on standard error."""
    try:
        return find()
    except BinariesMissing:
        if os.environ.get("KUBEBUILDER_ASSETS") or shutil.which("go") is None:
            raise
    sys.stderr.write("\n")
    return _run()


def build_before_tests(session: pytest.Session, folder: Path) -> str:
    """Build what tests of `folder` need, where no test's time limit runs and its lines are seen; return what lacks."""
    is_needed = any(folder in item.path.parents for item in session.items)
    if not is_needed or session.config.option.collectonly:
        return ""
    with session.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        try:
            find_or_build()
        except BinariesMissing as missing:
            return str(missing)
    return ""


def _in(folder: Path) -> dict[str, Path]:
    found = {name: folder / name for name in NAMES if os.access(folder / name, os.X_OK)}
    if not {"etcd", "kube-apiserver"} <= found.keys():
        raise BinariesMissing(f"KUBEBUILDER_ASSETS is {folder}, and there is no etcd and kube-apiserver in it")
    return found


def _run(*arguments: str) -> dict[str, Path]:
    errors = subprocess.PIPE if arguments else None
    command = [sys.executable, str(SCRIPT), *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=errors, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr or "the build failed, see above").strip()
        raise BinariesMissing(f"{said}; install Go 1.26, or set KUBEBUILDER_ASSETS or KUBECONFIG")
    return {name: Path(path) for name, path in json.loads(done.stdout).items()}
