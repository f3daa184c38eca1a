import json

import yaml


def test_good_manifests_are_accepted(run, manifests):
    done = run("validate", manifests, "-o", "json")
    assert done.exit_code == 0
    assert {each["reason"] for each in json.loads(done.stdout)} == {"Accepted"}


def test_an_object_that_is_not_accepted_is_told_where_and_what_to_write(run, manifests):
    file = manifests / "policies.yaml"
    file.write_text(file.read_text().replace("protocol: MCP", "protocol: MPC", 1))
    done = run("validate", manifests, "-o", "yaml")
    (refused,) = (each for each in yaml.safe_load(done.stdout) if not each["accepted"])
    (problem,) = refused["problems"]
    line = file.read_text().splitlines().index("  protocol: MPC") + 1
    assert done.exit_code == 1
    assert (refused["kind"], refused["namespace"], refused["name"]) == ("ToolPolicy", "crm", "tools")
    assert (problem["where"], problem["field"]) == (f"{file}:{line}", "spec.protocol")
    assert "MPC" in problem["found"]
    assert "MCP" in problem["remedy"]


def test_the_table_has_a_line_an_object_and_the_problem_below(run, manifests):
    file = manifests / "policies.yaml"
    file.write_text(file.read_text().replace("protocol: MCP", "protocol: MPC", 1))
    lines = run("validate", manifests).stdout.splitlines()
    assert lines[0].split() == ["VERDICT", "OBJECT", "REASON", "WHERE"]
    assert sum(line.startswith("accepted") for line in lines) == 6
    assert sum(line.startswith("no ") for line in lines) == 1
    assert any("spec.protocol" in line for line in lines[8:])


def test_a_file_that_is_no_yaml_fails_and_is_named(run, manifests):
    file = manifests / "broken.yaml"
    file.write_text("kind: [\n")
    done = run("validate", manifests)
    assert done.exit_code == 1
    assert f"{file}:" in done.stderr
    assert done.stdout == ""


def test_objects_of_other_groups_are_passed_over_with_a_notice(run, manifests):
    (manifests / "other.yaml").write_text("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\n")
    done = run("validate", manifests)
    assert done.exit_code == 0
    assert "apps" in done.stderr


def test_without_paths_the_usage_is_wrong(run):
    assert run("validate").exit_code == 2
