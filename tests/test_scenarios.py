import re
from pathlib import Path

import pytest

from accredit_cli.scenarios.running import Runner
from accredit_cli.scenarios.suite import read_scenarios, run_scenarios
from accredit_extauthz.model.reason import Reason

_FOLDER = Path(__file__).parent / "scenarios"
_SCENARIOS = read_scenarios([_FOLDER])
# These two need a fault of the machine, which no request brings about: tests/accredit_extauthz/serve has them.
_BEYOND_A_REQUEST = {Reason.AUDIT_UNAVAILABLE, Reason.INTERNAL_ERROR}


@pytest.fixture(scope="module")
def runner():
    return Runner()


@pytest.mark.parametrize(
    "scenario", _SCENARIOS, ids=[f"{scenario.file.stem}: {scenario.case.case}" for scenario in _SCENARIOS]
)
def test_a_scenario_comes_out_as_it_says(scenario, runner):
    (result,) = run_scenarios([scenario], runner)
    assert result.differences == ()


def test_every_reason_is_reached():
    reached = {scenario.case.expect.reason for scenario in _SCENARIOS}
    assert set(Reason) - reached == _BEYOND_A_REQUEST


def test_the_documented_example_passes(tmp_path, runner):
    (example,) = re.findall(r"```yaml\n(.*?)```", (_FOLDER.parents[1] / "docs" / "cli.md").read_text(), re.DOTALL)
    file = tmp_path / "example.yaml"
    file.write_text(example)
    (tmp_path / "manifests").symlink_to(_FOLDER / "manifests")
    results = tuple(run_scenarios(read_scenarios([file]), runner))
    assert [result.differences for result in results] == [()] * 3


def test_no_two_cases_of_a_file_say_the_same():
    said = [(scenario.file, scenario.case.case) for scenario in _SCENARIOS]
    assert len(set(said)) == len(said)
