import json

import pytest
import yaml

from accredit_extauthz.contract.codec import decode_document
from accredit_operator.compile.premises import MANIFESTS
from accredit_operator.metrics import Metrics
from accredit_operator.publish import FilePublisher, format_instant
from accredit_operator.reconcile import Reconciler
from fakes.objects import agent, issuer, policy

NOW = 1_800_000_000


class FakeClock:
    def __init__(self):
        self.now = NOW

    def now_ns(self):
        return self.now * 1_000_000_000

    def ticks_ns(self):
        return self.now_ns()


class ListLog:
    def __init__(self):
        self.lines = []

    def say(self, level, event, **fields):
        self.lines.append((level, event, fields))

    def taken(self, level=None):
        """The lines since the last time."""
        lines, self.lines = self.lines, []
        return [line for line in lines if level in (None, line[0])]


class Bench:
    """A reconciler over a folder, with all that it says and counts."""

    def __init__(self, root):
        self.folder = root / "manifests"
        self.folder.mkdir()
        self.snapshot = root / "out" / "snapshot.json"
        self.snapshot.parent.mkdir()
        self.clock, self.log, self.metrics = FakeClock(), ListLog(), Metrics("1")
        self.reconciler = Reconciler(
            paths=(self.folder,),
            premises=MANIFESTS,
            publisher=FilePublisher(self.snapshot, "w"),
            clock=self.clock,
            log=self.log,
            metrics=self.metrics,
        )

    def write(self, name, *documents):
        (self.folder / name).write_text(yaml.safe_dump_all(documents))

    def agents(self):
        return {record.ref.name: record for record in decode_document(self.snapshot.read_bytes()).agents}

    def ready(self, name):
        status = json.loads(self.snapshot.with_name("snapshot.json.status.json").read_bytes())
        (thing,) = (one for one in status["objects"] if one["name"] == name)
        (condition,) = (one for one in thing["conditions"] if one["type"] == "Ready")
        return condition["reason"]

    def counted(self, result):
        return self.metrics.registry.get_sample_value(
            "accredit_reconcile_total", {"kind": "Manifests", "result": result}
        )


@pytest.fixture
def bench(tmp_path):
    bench = Bench(tmp_path)
    bench.write("all.yaml", issuer(), agent())
    return bench


def test_a_change_of_the_files_is_a_change_of_the_snapshot(bench):
    assert not bench.reconciler.is_ready
    bench.reconciler.reconcile()
    assert bench.reconciler.is_ready
    assert not bench.agents()["planner"].suspended
    bench.write("all.yaml", issuer(), agent(suspended=True))
    bench.reconciler.reconcile()
    assert bench.agents()["planner"].suspended
    assert bench.counted("success") == 2


def test_nothing_is_said_of_what_does_not_change(bench):
    bench.reconciler.reconcile()
    assert bench.log.taken()
    bench.reconciler.reconcile()
    assert bench.log.taken() == []


def test_an_object_that_is_not_accepted_is_told_with_file_and_line(bench):
    bench.write("bad.yaml", agent("bad", scopes=["*"]))
    bench.reconciler.reconcile()
    ((_, event, fields),) = bench.log.taken("warning")
    assert (event, fields["object"], fields["reason"]) == (
        "object not accepted",
        "AgentIdentity research/bad",
        "Invalid",
    )
    assert fields["file"].startswith(f"{bench.folder / 'bad.yaml'}:")
    assert set(bench.agents()) == {"planner", "bad"}


class TestLastGood:
    @pytest.fixture
    def good(self, bench):
        bench.reconciler.reconcile()
        bench.log.taken()
        return bench

    def test_a_file_that_cannot_be_parsed_changes_nothing_and_is_told_once(self, good):
        before = good.snapshot.read_bytes()
        (good.folder / "broken.yaml").write_text("a: 1\nb: [")
        good.write("all.yaml", issuer())
        for _ in range(3):
            good.reconciler.reconcile()
        assert good.snapshot.read_bytes() == before
        ((level, _, fields),) = good.log.taken()
        assert level == "error"
        assert fields["cause"].startswith(f"{good.folder / 'broken.yaml'}:2: ")
        assert fields["sequence"] == NOW * 1000
        assert (good.reconciler.is_ready, good.counted("unreadable")) == (True, 3)

    def test_another_fault_is_told_again_and_so_is_the_end_of_it(self, good):
        for text in ("a: [", "x: 1\na: ["):
            (good.folder / "broken.yaml").write_text(text)
            good.reconciler.reconcile()
            assert len(good.log.taken("error")) == 1
        (good.folder / "broken.yaml").unlink()
        good.reconciler.reconcile()
        assert [event for _, event, _ in good.log.taken()] == ["snapshot unchanged"]

    def test_a_folder_that_is_gone_keeps_the_snapshot(self, good):
        before = good.snapshot.read_bytes()
        good.folder.rename(good.folder.with_name("away"))
        good.reconciler.reconcile()
        assert good.snapshot.read_bytes() == before
        assert len(good.log.taken("error")) == 1

    def test_an_empty_folder_is_an_empty_snapshot(self, good):
        (good.folder / "all.yaml").unlink()
        good.reconciler.reconcile()
        assert good.agents() == {}

    def test_a_write_that_fails_is_tried_again(self, good):
        good.write("all.yaml", issuer(), agent("other"))
        good.snapshot.parent.rename(good.snapshot.parent.with_name("elsewhere"))
        good.reconciler.reconcile()
        assert good.reconciler.is_retry_due
        assert len(good.log.taken("error")) == 1
        good.reconciler.refresh()
        assert good.log.taken("error") == []
        good.snapshot.parent.with_name("elsewhere").rename(good.snapshot.parent)
        good.reconciler.refresh()
        assert set(good.agents()) == {"other"}
        assert (good.reconciler.is_retry_due, good.counted("failed")) == (False, 2)

    def test_a_fault_of_our_own_is_told_with_its_trace_and_not_retried(self, good):
        class Broken(FilePublisher):
            def publish(self, compiled, now_ns):
                raise RuntimeError("a bug")

        good.reconciler.publisher = Broken(good.snapshot, "w")
        good.reconciler.reconcile()
        ((_, _, fields),) = good.log.taken("error")
        assert "RuntimeError: a bug" in fields["cause"]
        assert not good.reconciler.is_retry_due


def test_a_fault_at_the_start_publishes_nothing(bench):
    (bench.folder / "broken.yaml").write_text("a: [")
    bench.reconciler.reconcile()
    assert (bench.reconciler.is_ready, bench.snapshot.exists()) == (False, False)
    bench.reconciler.refresh()
    assert not bench.snapshot.exists()


def test_an_agent_becomes_expired_without_any_change_of_files(bench):
    bench.write("all.yaml", issuer(), agent(expiresAt=format_instant(NOW + 10)))
    bench.reconciler.reconcile()
    bench.clock.now += 9
    bench.reconciler.refresh()
    assert bench.ready("planner") == "Ready"
    bench.clock.now += 1
    bench.reconciler.refresh()
    assert bench.ready("planner") == "Expired"


def test_other_groups_are_noticed_once(bench):
    bench.write("deployment.yaml", {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}})
    bench.write("policy.yaml", policy())
    bench.reconciler.reconcile()
    noticed = [event for _, event, _ in bench.log.taken("info") if "apps" in event]
    assert len(noticed) == 1
    bench.reconciler.reconcile()
    assert bench.log.taken() == []
