import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def test_the_generated_messages_are_those_of_their_sources():
    pytest.importorskip("grpc_tools", reason="grpcio-tools is not installed")
    script = ROOT / "scripts" / "gen_proto.py"
    found = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert found.stderr == ""
    assert found.returncode == 0
