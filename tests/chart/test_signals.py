"""Alert rules and dashboard against what the two programs really show when they are scraped."""

import re

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from accredit_extauthz.contract.snapshot import Protocol
from accredit_extauthz.model.decision import Ruling
from accredit_extauthz.model.operation import Operation
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.observe.metrics import Metrics
from accredit_extauthz.serve.holder import Holder
from accredit_extauthz.serve.proofs import Proofs
from accredit_operator.cluster_metrics import ClusterMetrics
from accredit_operator.world import ObjectKey
from chart import promtool
from chart.signals import DASHBOARD, EXPRESSIONS, PANELS, RULES, TARGETS, selectors
from fakes import scene
from fakes.decisions import allowed
from fakes.shell import FakeClock

OF_THE_TARGET = {"pod", "job", "instance", "namespace", "cluster", "service", "container"}
CLOSED = {"reason": set(Reason), "decision": set(Ruling), "result": {"success", "failed", "unreadable", "hit", "miss"}}


def data_plane():
    clock = FakeClock()
    holder = Holder(clock)
    holder.swap(scene.view())
    metrics = Metrics(holder, Proofs(), clock, "1")
    operation = Operation(Protocol.MCP, "tools/call", "contacts.search", "POST", "/mcp", None, is_base=False)
    metrics.checked(allowed(operation=operation), 1_000_000)
    return metrics.exposition()


def control_plane():
    metrics = ClusterMetrics("1")
    metrics.lead()
    metrics.propagated(1)
    metrics.reconciled("success", 1, ("ToolPolicy",))
    metrics.keys_refreshed("https://idp.example", "success")
    metrics.show_key_ages({"https://idp.example": 1.0})
    metrics.show_status(ObjectKey("ToolPolicy", "tools", "crm"), {})
    return generate_latest(metrics.registry)


@pytest.fixture(scope="module")
def scraped():
    """Return the labels of every series, by its name."""
    shown = {}
    for text in (data_plane(), control_plane()):
        for family in text_string_to_metric_families(text.decode()):
            shown.setdefault(family.name, set()).update(family.labels if hasattr(family, "labels") else ())
            for sample in family.samples:
                shown.setdefault(sample.name, set()).update(sample.labels)
    return shown


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_whatever_is_asked_for_exists(scraped, expression):
    asked = list(selectors(expression))
    assert asked
    of_these = OF_THE_TARGET.union(*(scraped.get(name, set()) for name, _ in asked))
    for name, matchers in asked:
        assert name in scraped
        assert {label for label, _, _ in matchers} <= scraped[name] | OF_THE_TARGET
        for label, _, value in matchers:
            if label in CLOSED:
                assert set(value.split("|")) <= CLOSED[label]
    for names in re.findall(r"\b(?:by|on|group_left|group_right) \(([^)]*)\)", expression):
        assert {each.strip() for each in names.split(",") if each.strip()} <= of_these


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_a_legend_names_only_labels_that_are_left(target):
    kept = {label.strip() for names in re.findall(r"\bby \(([^)]*)\)", target["expr"]) for label in names.split(",")}
    named = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
    assert named <= (kept or OF_THE_TARGET)


@pytest.mark.parametrize("rule", [rule for group in RULES for rule in group["rules"]], ids=lambda rule: rule["alert"])
def test_an_alert_speaks_only_of_labels_that_it_has(rule):
    text = " ".join(rule["annotations"].values())
    kept = {label.strip() for names in re.findall(r"\bby \(([^)]*)\)", rule["expr"]) for label in names.split(",")}
    aggregated = kept or (set() if re.match(r"(sum|absent|max|min)\(", rule["expr"]) else OF_THE_TARGET)
    assert set(re.findall(r"\$labels\.(\w+)", text)) <= aggregated


def test_every_metric_is_on_the_dashboard_or_in_a_rule(scraped):
    shown = {name for expression in EXPRESSIONS.values() for name, _ in selectors(expression)}
    families = {re.sub(r"_(bucket|sum|count|created|total)$", "", name) for name in scraped}
    used = {re.sub(r"_(bucket|total)$", "", name) for name in shown}
    assert families - used == set()


def test_prometheus_can_read_every_query(tmp_path):
    def plain(expression):
        return expression.replace("$__rate_interval", "5m").replace("$cluster", ".*").replace("$namespace", ".*")

    rules = [{"record": f"r:{number}", "expr": plain(each)} for number, each in enumerate(EXPRESSIONS.values())]
    assert promtool.check_rules(tmp_path, [{"name": "all", "rules": rules}]) == ""


class TestDashboard:
    def test_it_is_found_again_after_an_upgrade(self):
        assert DASHBOARD["uid"] == "accredit-overview"
        assert "id" not in DASHBOARD

    def test_it_can_be_narrowed(self):
        assert [each["name"] for each in DASHBOARD["templating"]["list"]] == ["datasource", "cluster", "namespace"]

    def test_every_panel_asks_the_source_that_is_chosen(self):
        sources = [panel["datasource"] for panel in PANELS] + [target["datasource"] for target in TARGETS.values()]
        assert {source["uid"] for source in sources} == {"${datasource}"}
        assert all('cluster=~"$cluster"' in target["expr"] for target in TARGETS.values())

    def test_the_overview_comes_first_and_nothing_overlaps(self):
        rows = [panel["title"] for panel in DASHBOARD["panels"] if panel["type"] == "row"]
        assert rows == ["Overview", "Requests", "Security", "Data planes", "Operator"]
        taken = set()
        for panel in DASHBOARD["panels"]:
            at = panel["gridPos"]
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
            assert not cells & taken
            assert at["x"] + at["w"] <= 24
            taken |= cells

    def test_every_panel_has_a_unit_and_an_id_of_its_own(self):
        assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
        assert all(panel["fieldConfig"]["defaults"].get("unit") for panel in PANELS if panel["type"] != "table")
