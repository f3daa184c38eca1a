import json

import pytest

from accredit_extauthz.contract.codec import decode_document
from accredit_operator.publish import FilePublisher, format_instant
from fakes.objects import Outcome, agent, issuer

NOW = 1_800_000_000
NOW_NS = NOW * 1_000_000_000
NOW_MS = NOW * 1_000


@pytest.fixture
def path(tmp_path):
    return tmp_path / "snapshot.json"


def compiled(*documents):
    return Outcome(issuer(), *documents).compiled


def conditions(path, name):
    (found,) = (one for one in json.loads(path.read_bytes())["objects"] if one["name"] == name)
    return {one["type"]: (one["status"], one["reason"]) for one in found["conditions"]}


class TestSnapshot:
    def test_the_file_holds_the_snapshot_and_can_be_read_by_others(self, path):
        published = FilePublisher(path, "w").publish(compiled(agent()), NOW_NS)
        snapshot = decode_document(path.read_bytes())
        assert (published.is_new, published.sequence, published.digest) == (True, NOW_MS, snapshot.digest)
        assert [str(record.ref) for record in snapshot.agents] == ["research/planner"]
        assert path.stat().st_mode & 0o777 == 0o644

    def test_unchanged_content_is_not_written_again(self, path):
        publisher = FilePublisher(path, "w")
        first = publisher.publish(compiled(), NOW_NS)
        before = path.stat().st_ino
        second = publisher.publish(compiled(), NOW_NS + 10**9)
        assert (second.is_new, second.sequence) == (False, first.sequence)
        assert path.stat().st_ino == before

    def test_a_file_that_went_away_is_written_again(self, path):
        publisher = FilePublisher(path, "w")
        publisher.publish(compiled(), NOW_NS)
        path.unlink()
        assert publisher.publish(compiled(), NOW_NS).is_new
        assert path.exists()

    @pytest.mark.parametrize(
        ("now_ns", "sequence"),
        [
            pytest.param(NOW_NS + 5_000_000, NOW_MS + 5, id="with the clock"),
            pytest.param(NOW_NS, NOW_MS + 1, id="when the clock stands"),
            pytest.param(0, NOW_MS + 1, id="when the clock goes back"),
        ],
    )
    def test_the_sequence_grows(self, path, now_ns, sequence):
        FilePublisher(path, "w").publish(compiled(), NOW_NS)
        assert FilePublisher(path, "w").publish(compiled(agent()), now_ns).sequence == sequence

    def test_a_restart_goes_on_where_the_file_stands(self, path):
        FilePublisher(path, "w").publish(compiled(agent()), NOW_NS)
        again = FilePublisher(path, "w").publish(compiled(agent()), NOW_NS + 10**9)
        assert (again.is_new, again.sequence) == (False, NOW_MS)

    def test_a_corrupt_file_is_replaced_with_a_higher_sequence(self, path):
        FilePublisher(path, "w").publish(compiled(agent()), NOW_NS)
        path.write_bytes(path.read_bytes().replace(b"agent:planner", b"agent:plannet"))
        again = FilePublisher(path, "w").publish(compiled(agent()), NOW_NS)
        assert (again.is_new, again.sequence) == (True, NOW_MS + 1)
        assert decode_document(path.read_bytes()).agents

    @pytest.mark.parametrize("junk", [b"", b"{", b"[]", b"\xff"])
    def test_what_is_no_snapshot_is_replaced(self, path, junk):
        path.write_bytes(junk)
        assert FilePublisher(path, "w").publish(compiled(), NOW_NS).is_new
        decode_document(path.read_bytes())

    def test_a_write_that_fails_leaves_no_trace(self, path, tmp_path):
        path.mkdir()  # a folder cannot be replaced by a file
        with pytest.raises(OSError, match=r"snapshot\.json"):
            FilePublisher(path, "w").publish(compiled(), NOW_NS)
        assert list(tmp_path.iterdir()) == [path]


class TestStatus:
    @pytest.fixture
    def publisher(self, path):
        return FilePublisher(path, "w")

    def write(self, publisher, *documents, now=NOW):
        result = compiled(*documents)
        return publisher.write_status(result.verdicts, publisher.publish(result, NOW_NS), now)

    def test_conditions_stand_beside_the_snapshot(self, publisher):
        self.write(publisher, agent())
        written = json.loads(publisher.status_path.read_bytes())
        assert publisher.status_path.name == "snapshot.json.status.json"
        assert written["sequence"] == NOW_MS
        assert conditions(publisher.status_path, "planner") == {
            "Accepted": ("True", "Accepted"),
            "Programmed": ("True", "Published"),
            "Ready": ("True", "Ready"),
        }
        assert conditions(publisher.status_path, "corp-idp")["KeysFetched"] == ("True", "KeysUsable")

    @pytest.mark.parametrize(
        ("spec", "ready"),
        [
            pytest.param({"scopes": ["*"]}, ("False", "Invalid"), id="invalid"),
            pytest.param({"suspended": True}, ("False", "Suspended"), id="suspended"),
            pytest.param({"expiresAt": format_instant(NOW)}, ("False", "Expired"), id="expired"),
            pytest.param({"expiresAt": format_instant(NOW + 1)}, ("True", "Ready"), id="about to expire"),
        ],
    )
    def test_an_agent_that_cannot_act_is_not_ready(self, publisher, spec, ready):
        written = self.write(publisher, agent(**spec))
        assert conditions(publisher.status_path, "planner")["Ready"] == ready
        (status,) = (one for one in written.all if one.name == "planner")
        assert status.is_ready is (ready[0] == "True")

    def test_every_problem_is_listed(self, publisher):
        written = self.write(publisher, agent(scopes=["*"], maxChainLength=0))
        (status,) = (one for one in written.all if one.name == "planner")
        assert len(status.problems) == 2

    def test_only_what_changed_is_reported(self, publisher):
        assert [one.name for one in self.write(publisher, agent()).changed] == ["planner", "corp-idp"]
        assert self.write(publisher, agent(), now=NOW + 9).changed == ()
        assert [one.name for one in self.write(publisher, agent(suspended=True)).changed] == ["planner"]

    def test_times_of_transition_survive_a_restart(self, publisher, path):
        self.write(publisher, agent())
        self.write(FilePublisher(path, "w"), agent(), now=NOW + 60)
        written = json.loads(publisher.status_path.read_bytes())
        times = {one["lastTransitionTime"] for thing in written["objects"] for one in thing["conditions"]}
        assert times == {format_instant(NOW)}

    def test_an_object_that_is_gone_is_gone_from_the_file(self, publisher):
        self.write(publisher, agent())
        self.write(publisher)
        written = json.loads(publisher.status_path.read_bytes())
        assert [one["name"] for one in written["objects"]] == ["corp-idp"]

    def test_an_unreadable_status_file_is_replaced(self, publisher):
        publisher.status_path.write_bytes(b"{")
        self.write(publisher, agent())
        assert conditions(publisher.status_path, "planner")
