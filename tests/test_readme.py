"""The README's own words are run: what a newcomer pastes must work."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHELL_BLOCKS = re.findall(r"^```bash\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def test_the_policy_of_ones_own_is_accepted_and_explained(tmp_path: Path) -> None:
    commands = SHELL_BLOCKS[0].partition("\n")[2]  # without the line that extends PATH by the checkout's environment
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("accepted") == 3
    assert re.search(r"^verdict +allow$", done.stdout, re.MULTILINE)
    assert re.search(r"^rule +read$", done.stdout, re.MULTILINE)


def test_the_servers_start_as_the_page_says() -> None:
    """The three commands of the second block are real ones: each names options that its program knows."""
    for program in ("accredit-operator", "accredit-extauthz"):
        line = next(line for line in SHELL_BLOCKS[1].splitlines() if line.startswith(program))
        known = subprocess.run(
            [Path(sys.executable).parent / program, "--help"], capture_output=True, text=True, timeout=30, check=True
        ).stdout
        for option in re.findall(r"--[a-z-]+", line):
            assert option in known


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#]+)\)", README))))
def test_every_link_leads_somewhere(target: str) -> None:
    assert (ROOT / target).exists()
