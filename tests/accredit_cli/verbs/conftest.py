import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from accredit_cli.main import assemble

_MANIFESTS = Path(__file__).parents[2] / "scenarios" / "manifests"


@pytest.fixture
def run():
    """Runs `accredit` with these words; the result has exit_code, stdout and stderr."""

    def invoke(*words, stdin=None):
        written = [str(word) for word in words]
        return CliRunner().invoke(assemble(written), written, input=stdin)

    return invoke


@pytest.fixture
def manifests(tmp_path):
    """A folder of good manifests that a test may change."""
    folder = tmp_path / "manifests"
    shutil.copytree(_MANIFESTS, folder)
    return folder
