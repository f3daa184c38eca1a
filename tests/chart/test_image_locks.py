"""The packages of the images: those that developers have, all that the programs declare, and for each no more."""

import re
import tomllib

import pytest

from chart.helm import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


def pins(name):
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", text, re.MULTILINE))


def names(*groups):
    found = {re.match(r"[A-Za-z0-9._-]+", each)[0].lower().replace("_", "-") for group in groups for each in group}
    return found - {"accredit"}


@pytest.mark.parametrize("lock", ["extauthz", "operator", "build"])
def test_an_image_has_the_versions_that_are_tested(lock):
    assert pins(lock).items() <= pins("dev").items()


def test_an_image_has_all_that_its_programs_declare():
    assert names(PROJECT["dependencies"], ["urllib3"]) <= pins("extauthz").keys()
    declared = names(PROJECT["dependencies"], EXTRAS["operator"], EXTRAS["cli"], EXTRAS["kubernetes"])
    assert declared <= pins("operator").keys()


def test_the_data_plane_has_nothing_of_the_others():
    assert not names(EXTRAS["operator"], EXTRAS["cli"], EXTRAS["kubernetes"]) - {"urllib3"} & pins("extauthz").keys()
