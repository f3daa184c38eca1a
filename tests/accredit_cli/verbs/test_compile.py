from accredit_extauthz.contract.codec import decode_document


def test_the_snapshot_is_one_that_the_server_reads(run, manifests, tmp_path):
    file = tmp_path / "snapshot.json"
    done = run("compile", manifests, "-o", file)
    snapshot = decode_document(file.read_bytes())
    assert done.exit_code == 0
    assert {str(policy.ref) for policy in snapshot.policies} == {"crm/tools", "crm/api"}
    assert {str(agent.ref) for agent in snapshot.agents} == {"research/planner", "research/searcher", "crm/scribe"}


def test_equal_manifests_make_equal_content(run, manifests, tmp_path):
    files = [tmp_path / "a.json", tmp_path / "b.json"]
    for file in files:
        run("compile", manifests, "-o", file)
    first, second = (decode_document(file.read_bytes()) for file in files)
    assert first.digest == second.digest
    assert first.sequence <= second.sequence


def test_a_snapshot_goes_to_standard_output(run, manifests):
    assert decode_document(run("compile", manifests, "-o", "-").stdout_bytes).policies


def test_a_refused_object_is_named_and_the_snapshot_is_written_all_the_same(run, manifests, tmp_path):
    file = manifests / "policies.yaml"
    file.write_text(file.read_text().replace("protocol: MCP", "protocol: MPC", 1))
    snapshot = tmp_path / "snapshot.json"
    done = run("compile", manifests, "-o", snapshot)
    assert done.exit_code == 1
    assert "ToolPolicy crm/tools" in done.stderr
    assert [policy.body is None for policy in decode_document(snapshot.read_bytes()).policies] == [False, True]


def test_manifests_that_cannot_be_parsed_leave_the_old_snapshot(run, manifests, tmp_path):
    snapshot = tmp_path / "snapshot.json"
    run("compile", manifests, "-o", snapshot)
    before = snapshot.read_bytes()
    (manifests / "broken.yaml").write_text("kind: [\n")
    assert run("compile", manifests, "-o", snapshot).exit_code == 2
    assert snapshot.read_bytes() == before


def test_a_folder_that_is_missing_is_an_error(run, manifests, tmp_path):
    done = run("compile", manifests, "-o", tmp_path / "nowhere" / "snapshot.json")
    assert done.exit_code == 2
    assert "nowhere" in done.stderr
