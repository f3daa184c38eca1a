"""Files out of Go modules that a go.mod of the tests pins. They are CRDs of others, which Go fetches and checks."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest


def find(folder, files, whose):
    """Return the files of each module. Where they cannot be had the test is skipped; in CI it fails."""
    go = shutil.which("go")
    if go is None:
        _missing(whose, "Go is not installed, which fetches them")
    return [_download(go, folder, module, whose) / file for module, each in files.items() for file in each]


def _download(go, folder, module, whose):
    done = subprocess.run(
        [go, "mod", "download", "-json", module],
        cwd=folder,
        env={**os.environ, "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "GOWORK": "off"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        _missing(whose, done.stderr.strip() or done.stdout.strip())
    return Path(json.loads(done.stdout)["Dir"])


def _missing(whose, why):
    (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"the CRDs of {whose} are missing: {why}")
