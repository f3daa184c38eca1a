import http.client

import pytest

from accredit_operator.metrics import AdminServer, Metrics, Probes
from accredit_operator.publish import FilePublisher
from fakes.objects import Outcome, agent, issuer


def samples(metrics):
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in metrics.registry.collect()
        for sample in family.samples
    }


def test_reconciliations_are_counted_by_result():
    metrics = Metrics("1.2")
    metrics.reconciled("success", 2_000_000_000)
    metrics.reconciled("unreadable", 0)
    found = samples(metrics)
    assert found["accredit_reconcile_total", "Manifests", "success"] == 1
    assert found["accredit_reconcile_total", "Manifests", "unreadable"] == 1
    assert found["accredit_reconcile_duration_seconds_sum",] == 2
    assert found["accredit_build_info", "1.2"] == 1


def test_objects_are_shown_ready_or_not_and_forgotten_when_they_go(tmp_path):
    metrics, publisher = Metrics("1"), FilePublisher(tmp_path / "s", "w")
    for documents in ([agent(), agent("idle", suspended=True)], [agent("idle")]):
        compiled = Outcome(issuer(), *documents).compiled
        metrics.show_objects(publisher.write_status(compiled.verdicts, publisher.publish(compiled, 0), 0).all)
        found = samples(metrics)
        shown = {
            key[2:]: value for key, value in found.items() if key[:2] == ("accredit_resource_ready", "AgentIdentity")
        }
        expected = (
            {("research", "planner"): 1, ("research", "idle"): 0} if len(documents) > 1 else {("research", "idle"): 1}
        )
        assert shown == expected


class TestAdmin:
    @pytest.fixture
    def server(self):
        self.well = True
        server = AdminServer("127.0.0.1", 0, Metrics("1"), Probes(lambda: self.well, lambda: self.well))
        server.start()
        yield server
        server.stop()

    def answer(self, server, path):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response.status, body

    @pytest.mark.parametrize("path", ["/healthz", "/readyz", "/readyz?verbose"])
    def test_a_probe_says_how_it_is(self, server, path):
        assert self.answer(server, path)[0] == 200
        self.well = False
        assert self.answer(server, path)[0] == 503

    def test_metrics_are_scraped(self, server):
        status, body = self.answer(server, "/metrics")
        assert (status, b"accredit_build_info" in body) == (200, True)

    def test_there_is_nothing_else(self, server):
        assert self.answer(server, "/etc/passwd")[0] == 404
