from dataclasses import replace

from prometheus_client.parser import text_string_to_metric_families

from accredit_extauthz.contract.names import PolicyRef
from accredit_extauthz.contract.snapshot import Protocol
from accredit_extauthz.model.decision import Decision, Evidence, Ruling
from accredit_extauthz.model.governing import PlacedRule
from accredit_extauthz.model.operation import Operation
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.observe.metrics import Metrics
from accredit_extauthz.serve.holder import Holder
from accredit_extauthz.serve.proofs import Proofs
from fakes import scene
from fakes.decisions import POLICY, allowed, call, denied, governing
from fakes.shell import FakeClock

MCP_POLICY = scene.policy(body=scene.body(protocol=Protocol.MCP, rules=(scene.mcp_rule(),)))
GOVERNING = replace(governing(), allow=(PlacedRule(POLICY, scene.mcp_rule()),))


class Scraped:
    """Metrics with a clock and a holder, read through the text that a scraper gets."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.holder = Holder(self.clock)
        self.proofs = Proofs()
        self.metrics = Metrics(self.holder, self.proofs, self.clock, "1.2.3")

    def series(self, name: str) -> dict[tuple[str, ...], float]:
        """Label values, in the order of the labels' names, and what was counted."""
        families = text_string_to_metric_families(self.metrics.exposition().decode())
        samples = (sample for family in families for sample in family.samples if sample.name == f"accredit_{name}")
        return {tuple(sample.labels.values()): sample.value for sample in samples}


def tool_call(tool: str) -> Decision:
    operation = Operation(Protocol.MCP, "tools/call", tool, "POST", "/mcp", None, is_base=False)
    return allowed(operation=operation, governing=GOVERNING)


def test_checks_are_counted_by_ruling_reason_and_policy():
    scraped = Scraped()
    for decision in (allowed(), allowed(), denied(Reason.SCOPE_MISSING), denied(Reason.NO_POLICY, governing=None)):
        scraped.metrics.checked(decision, 1_000_000)
    assert scraped.series("checks_total") == {
        ("allow", "tools", "crm", "allowed"): 2,
        ("deny", "tools", "crm", "scope_missing"): 1,
        ("deny", "", "", "no_policy"): 1,
    }


def test_a_check_that_was_never_read_is_counted():
    scraped = Scraped()
    scraped.metrics.checked(Decision(Ruling.DENY, Reason.REQUEST_MALFORMED, "", Evidence()), 1)
    assert scraped.series("checks_total") == {("deny", "", "", "request_malformed"): 1}


def test_durations_are_in_seconds():
    scraped = Scraped()
    scraped.metrics.checked(allowed(), 3_000_000)
    assert scraped.series("check_duration_seconds_sum") == {(): 0.003}
    assert scraped.series("check_duration_seconds_count") == {(): 1}
    assert scraped.series("check_duration_seconds_bucket")[("0.0025",)] == 0
    assert scraped.series("check_duration_seconds_bucket")[("0.005",)] == 1


def test_only_tools_that_a_rule_spells_out_have_a_series_of_their_own():
    scraped = Scraped()
    for tool in ("contacts.search", "contacts.get_1", "contacts.get_*", "x" * 10_000):
        scraped.metrics.checked(tool_call(tool), 1)
    assert scraped.series("tool_calls_total") == {
        ("allow", "tools", "crm", "contacts.search"): 1,
        ("allow", "tools", "crm", "other"): 3,
    }


def test_other_operations_are_no_tool_calls():
    scraped = Scraped()
    listing = Operation(Protocol.MCP, "tools/list", None, "POST", "/mcp", None, is_base=True)
    scraped.metrics.checked(allowed(operation=listing), 1)
    assert scraped.series("tool_calls_total") == {}


def test_series_of_policies_and_tools_that_are_gone_are_dropped():
    scraped = Scraped()
    gone = replace(governing(), policy=PolicyRef("tools", "gone"))
    scraped.metrics.checked(denied(Reason.SCOPE_MISSING, governing=gone), 1)
    scraped.metrics.checked(tool_call("contacts.search"), 1)
    scraped.metrics.checked(denied(Reason.NO_POLICY, governing=None), 1)
    scraped.holder.swap(scene.view(policies=(MCP_POLICY,)))
    assert {labels[1:3] for labels in scraped.series("checks_total")} == {("tools", "crm"), ("", "")}
    assert len(scraped.series("tool_calls_total")) == 1
    scraped.holder.swap(scene.view(policies=(scene.policy(),)))
    assert scraped.series("tool_calls_total") == {}


def test_spoofed_headers_are_counted_one_by_one():
    scraped = Scraped()
    scraped.metrics.checked(allowed(call=call({"x-agent-id": "m", "X_User_Uid": "m"})), 1)
    assert scraped.series("spoofed_headers_total") == {(): 2}


def test_audit_records_and_failures_are_counted():
    scraped = Scraped()
    scraped.metrics.audited(1)
    scraped.metrics.audited(2)
    scraped.metrics.audit_failed(2)
    assert scraped.series("audit_records_total") == {(): 3}
    assert scraped.series("audit_failures_total") == {(): 2}


def test_checks_under_way_are_counted():
    scraped = Scraped()
    for change, now in ((3, 3), (1, 4), (-3, 1), (-1, 0)):
        scraped.metrics.under_way(change)
        assert scraped.series("checks_in_flight") == {(): now}


def test_the_snapshot_served_is_described():
    scraped = Scraped()
    assert scraped.series("snapshot_info") == {}
    assert scraped.series("snapshot_sequence") == {(): 0}
    scraped.holder.fail()
    scraped.holder.swap(scene.view(sequence=1_800_000_000_123, digest="sha256:ab"))
    scraped.clock.pass_s(7)
    assert scraped.series("snapshot_info") == {("sha256:ab",): 1}
    assert scraped.series("snapshot_sequence") == {(): 1_800_000_000_123}
    assert scraped.series("snapshot_load_failures_total") == {(): 1}
    assert scraped.series("view_age_seconds") == {(): 7}


def test_the_build_is_named():
    assert [version for _, version in Scraped().series("build_info")] == ["1.2.3"]


def test_two_of_them_stand_beside_each_other():
    first, second = Scraped(), Scraped()
    first.metrics.audited(1)
    assert second.series("audit_records_total") == {(): 0}


def test_the_token_cache_says_how_often_it_answered():
    scraped = Scraped()
    token, view = scene.IDP.mint(), scene.view()
    for _ in range(3):
        scraped.proofs.prove(token, view, Evidence())
    assert scraped.series("token_cache_total") == {("hit",): 2, ("miss",): 1}
