"""Prometheus's own promtool, as the tests call it."""

import json
import os
import shutil
import subprocess

import pytest

MISSING = "promtool is missing: install Prometheus (Debian: apt-get install prometheus), or set ACCREDIT_PROMTOOL"


def find():
    """Return promtool's path. Where there is none the test is skipped; in CI it fails."""
    found = os.environ.get("ACCREDIT_PROMTOOL") or shutil.which("promtool")
    if found is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(MISSING)
    return found


def check_rules(folder, groups):
    """Return what is wrong with these rules; nothing when they are right."""
    (folder / "checked.yaml").write_text(json.dumps({"groups": groups}))
    done = _run("check", "rules", folder / "checked.yaml")
    return "" if done.returncode == 0 else done.stdout + done.stderr


def alerts(folder, rules, alert, series, minutes):
    """Return the labels of each alert that fires after some minutes of these series, as promtool sees it."""
    return _unexpected(folder, rules, alert, series, minutes)[0]


def annotations(folder, rules, alert, series, minutes):
    """Return the annotations of the alerts that fire then, as promtool writes them."""
    return _unexpected(folder, rules, alert, series, minutes)[1]


def _unexpected(folder, rules, alert, series, minutes):
    """Ask for no alert at all, and read what promtool got instead."""
    tested = {
        "rule_files": [str(rules)],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "alert_rule_test": [{"eval_time": f"{minutes}m", "alertname": alert, "exp_alerts": []}],
            }
        ],
    }
    (folder / "tested.yaml").write_text(json.dumps(tested))
    done = _run("test", "rules", folder / "tested.yaml")
    said = done.stdout + done.stderr
    assert (done.returncode == 0) == ("got:" not in said), said
    lines = said.partition("got:")[2].splitlines()
    labels = [line.partition("Labels:")[2].strip() for line in lines if "Labels:" in line]
    return labels, "\n".join(line.partition("Annotations:")[2] for line in lines if "Annotations:" in line)


def _run(*arguments):
    return subprocess.run([find(), *map(str, arguments)], capture_output=True, text=True, check=False)
