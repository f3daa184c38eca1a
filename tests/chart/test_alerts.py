"""The alert rules, tried by Prometheus itself: each fires when it should, and stays quiet when it should."""

import re

import pytest
import yaml

from chart import promtool
from chart.helm import CHART, ROOT

RULES = CHART / "files" / "alerts.yaml"
GROUPS = yaml.safe_load(RULES.read_text())["groups"]
ALERTS = {each["alert"]: each for group in GROUPS for each in group["rules"]}


def checks(reason, decision="deny", pod="a", policy="crm"):
    place = "" if reason == "no_policy" else f'namespace="tools",policy="{policy}",'
    return f'accredit_checks_total{{decision="{decision}",reason="{reason}",{place}pod="{pod}"}}'


def buckets(metric, bounds, fast, slow):
    """Counts that grow by `fast` up to the first bound and by `slow` up to the second, a minute."""
    grown = dict(zip(bounds, (fast, fast + slow), strict=True)) | {"+Inf": fast + slow}
    return {f'{metric}_bucket{{le="{bound}",pod="a"}}': f"0+{count}x60" for bound, count in grown.items()}


def checks_lasting(fast, slow):
    """Checks a minute that take less and more than 0.1 s."""
    return buckets("accredit_check_duration_seconds", ("0.1", "0.25"), fast, slow)


def propagations(fast, slow):
    """Changes a minute that take less and more than two seconds."""
    return buckets("accredit_propagation_seconds", ("2.0", "5.0"), fast, slow)


def labels_in(text):
    """Return label names and values, but for those that every alert has."""
    return {
        name: value for name, value in re.findall(r'(\w+)="([^"]*)"', text) if name not in ("alertname", "severity")
    }


# alert, what it is about, series, minute, the labels it then has; None: it is quiet
CASES = [
    (
        "AccreditDenySpike",
        "a reason that was rare becomes common",
        {checks("token_expired"): "0+1x60 60+120x30"},
        75,
        'reason="token_expired"',
    ),
    ("AccreditDenySpike", "a reason that is new", {checks("no_policy"): "_x30 0+120x30"}, 45, 'reason="no_policy"'),
    ("AccreditDenySpike", "a reason that has always been common", {checks("token_expired"): "0+120x120"}, 100, None),
    ("AccreditDenySpike", "few, however sudden", {checks("token_expired"): "_x30 0+10x60"}, 60, None),
    ("AccreditDenySpike", "many that are allowed", {checks("allowed", "allow"): "_x30 0+600x60"}, 60, None),
    (
        "AccreditScopeExceeded",
        "a counter that is born with its tenth refusal",
        {checks("scope_exceeds_agent"): "_x10 10x10"},
        12,
        'namespace="tools", policy="crm", reason="scope_exceeds_agent"',
    ),
    (
        "AccreditScopeExceeded",
        "two replicas together",
        {checks("scope_exceeds_user", pod=pod): "0x20 0+1x20" for pod in "ab"},
        30,
        'namespace="tools", policy="crm", reason="scope_exceeds_user"',
    ),
    ("AccreditScopeExceeded", "now and then", {checks("scope_exceeds_user"): "0x20 1x4 2x4 3x20"}, 30, None),
    ("AccreditScopeExceeded", "long ago", {checks("scope_exceeds_user"): "0+5x10 50x60"}, 40, None),
    ("AccreditScopeExceeded", "tokens without the scope", {checks("scope_missing"): "0+60x60"}, 30, None),
    *(
        (
            "AccreditRevokedStillCalling",
            f"{reason} for ten minutes",
            {checks(reason): "_x5 1+1x30"},
            25,
            f'namespace="tools", policy="crm", reason="{reason}"',
        )
        for reason in ("agent_suspended", "agent_expired", "agent_revoked", "user_revoked", "token_revoked")
    ),
    ("AccreditRevokedStillCalling", "one last call", {checks("agent_suspended"): "_x5 1x30"}, 25, None),
    (
        "AccreditUnknownAgent",
        "a single call",
        {checks("agent_unknown"): "_x20 1x20"},
        22,
        'namespace="tools", policy="crm"',
    ),
    ("AccreditUnknownAgent", "a call an hour ago", {checks("agent_unknown"): "1x90"}, 60, None),
    ("AccreditHeadersSpoofed", "one header", {'accredit_spoofed_headers_total{pod="a"}': "0x10 1x30"}, 15, ""),
    ("AccreditHeadersSpoofed", "none", {'accredit_spoofed_headers_total{pod="a"}': "0x60"}, 15, None),
    ("AccreditAuditFailing", "one record", {'accredit_audit_failures_total{pod="a"}': "0x10 1x30"}, 12, 'pod="a"'),
    ("AccreditAuditFailing", "none", {'accredit_audit_failures_total{pod="a"}': "5x60"}, 12, None),
    ("AccreditSnapshotMissing", "two minutes", {'accredit_snapshot_sequence{pod="a"}': "0x20"}, 5, 'pod="a"'),
    ("AccreditSnapshotMissing", "a start", {'accredit_snapshot_sequence{pod="a"}': "0 1764000000000x20"}, 5, None),
    (
        "AccreditViewStale",
        "a replica whose watch is cut",
        {
            'accredit_view_age_seconds{pod="a"}': "0+60x20",
            'accredit_snapshot_sequence{pod="a"}': "7x20",
            'accredit_view_age_seconds{pod="b"}': "2x20",
            'accredit_snapshot_sequence{pod="b"}': "7x20",
        },
        5,
        'pod="a"',
    ),
    (
        "AccreditViewStale",
        "a relist",
        {'accredit_view_age_seconds{pod="a"}': "2 35 2x20", 'accredit_snapshot_sequence{pod="a"}': "7x20"},
        2,
        None,
    ),
    (
        "AccreditSnapshotRejected",
        "one snapshot",
        {'accredit_snapshot_load_failures_total{pod="a"}': "0x5 1x20"},
        7,
        'pod="a"',
    ),
    ("AccreditSnapshotRejected", "none", {'accredit_snapshot_load_failures_total{pod="a"}': "1x60"}, 30, None),
    *(
        (
            "AccreditCheckErrorsHigh",
            f"two in a hundred with {reason}",
            {checks("allowed", "allow"): "0+98x30", checks(reason): "0+2x30"},
            15,
            "",
        )
        for reason in ("internal_error", "snapshot_missing", "view_stale", "audit_unavailable")
    ),
    (
        "AccreditCheckErrorsHigh",
        "denials by policy",
        {checks("allowed", "allow"): "0+10x30", checks("rule_denied"): "0+90x30"},
        15,
        None,
    ),
    (
        "AccreditCheckLatencyHigh",
        "2 % are slow",
        checks_lasting(98, 2),
        20,
        "",
    ),
    (
        "AccreditCheckLatencyHigh",
        "0.1 % are slow",
        checks_lasting(999, 1),
        20,
        None,
    ),
    ("AccreditDataPlaneDown", "nothing is scraped", {'accredit_leader{pod="o"}': "1x20"}, 5, ""),
    ("AccreditDataPlaneDown", "one is scraped", {'accredit_snapshot_sequence{pod="a"}': "0x20"}, 5, None),
    ("AccreditOperatorDown", "all stand by", {f'accredit_leader{{pod="{pod}"}}': "0x20" for pod in "op"}, 5, ""),
    ("AccreditOperatorDown", "nothing is scraped", {'accredit_snapshot_sequence{pod="a"}': "0x20"}, 5, ""),
    (
        "AccreditOperatorDown",
        "a hand-over",
        {'accredit_leader{pod="o"}': "1x5 0x20", 'accredit_leader{pod="p"}': "0x6 1x20"},
        7,
        None,
    ),
    (
        "AccreditKindUnseen",
        "one kind",
        {
            'accredit_kind_visible{kind="ToolPolicy",pod="o"}': "0x20",
            'accredit_kind_visible{kind="Revocation",pod="o"}': "1x20",
        },
        5,
        'kind="ToolPolicy"',
    ),
    ("AccreditKindUnseen", "none", {'accredit_kind_visible{kind="ToolPolicy",pod="o"}': "1x20"}, 5, None),
    (
        "AccreditReconcileFailing",
        "again and again",
        {'accredit_reconcile_total{kind="ToolPolicy",result="failed",pod="o"}': "0+1x20"},
        15,
        'kind="ToolPolicy"',
    ),
    (
        "AccreditReconcileFailing",
        "success",
        {'accredit_reconcile_total{kind="ToolPolicy",result="success",pod="o"}': "0+60x20"},
        15,
        None,
    ),
    ("AccreditPropagationSlow", "2 % are slow", propagations(98, 2), 25, ""),
    (
        "AccreditPropagationSlow",
        "none is slow",
        propagations(100, 0),
        25,
        None,
    ),
    (
        "AccreditKeysStale",
        "two hours without an answer",
        {'accredit_jwks_age_seconds{issuer="https://idp.example",pod="o"}': "0+60x120"},
        110,
        'issuer="https://idp.example"',
    ),
    (
        "AccreditKeysStale",
        "a fetch every five minutes",
        {'accredit_jwks_age_seconds{issuer="https://idp.example",pod="o"}': "300x120"},
        110,
        None,
    ),
    (
        "AccreditObjectNotReady",
        "a quarter of an hour",
        {'accredit_resource_ready{kind="ToolPolicy",namespace="tools",name="crm",pod="o"}': "0x30"},
        20,
        'kind="ToolPolicy", name="crm", namespace="tools"',
    ),
    (
        "AccreditObjectNotReady",
        "a change that takes a minute",
        {'accredit_resource_ready{kind="ToolPolicy",namespace="tools",name="crm",pod="o"}': "1x10 0 1x20"},
        20,
        None,
    ),
]


@pytest.mark.parametrize(
    ("alert", "series", "minutes", "labels"),
    [(case[0], *case[2:]) for case in CASES],
    ids=[f"{case[0]}: {case[1]}{'' if case[4] is not None else ', quiet'}" for case in CASES],
)
def test_an_alert_fires_when_it_should_and_only_then(tmp_path, alert, series, minutes, labels):
    fired = promtool.alerts(tmp_path, RULES, alert, series, minutes)
    assert list(map(labels_in, fired)) == ([] if labels is None else [labels_in(labels)])


@pytest.mark.parametrize("case", {case[0]: case for case in CASES if case[4] is not None}.values(), ids=lambda c: c[0])
def test_what_an_alert_says_is_whole(tmp_path, case):
    alert, _, series, minutes, _ = case
    said = promtool.annotations(tmp_path, RULES, alert, series, minutes)
    assert "summary=" in said
    assert not re.search(r"<no value>|<error|NaN|%!", said)


def test_every_alert_is_tried_both_ways():
    assert {case[0] for case in CASES if case[4] is not None} == ALERTS.keys()
    assert {case[0] for case in CASES if case[4] is None} == ALERTS.keys()


def test_prometheus_finds_no_fault(tmp_path):
    assert promtool.check_rules(tmp_path, GROUPS) == ""


@pytest.mark.parametrize("rule", ALERTS.values(), ids=ALERTS)
def test_an_alert_says_how_bad_it_is_and_what_to_do(rule):
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}
    page = ROOT / "docs" / "runbooks" / f"{rule['annotations']['runbook_url'].rpartition('/')[2]}.md"
    text = page.read_text()
    assert text.startswith(f"# {rule['alert']}\n")
    assert rule["labels"]["severity"] in text.splitlines()[2].lower()
    for heading in ("## What it means", "## What to look at", "## What to do"):
        assert heading in text


def test_every_runbook_is_of_an_alert():
    named = {each["annotations"]["runbook_url"].rpartition("/")[2] for each in ALERTS.values()}
    assert {path.stem for path in (ROOT / "docs" / "runbooks").glob("*.md")} - {"index"} == named


def test_every_alert_is_in_the_guide_with_its_severity():
    rows = re.findall(
        r"^\| \[(\w+)\]\(runbooks/[\w-]+\.md\) \| (\w+) \|", (ROOT / "docs" / "helm.md").read_text(), re.MULTILINE
    )
    assert dict(rows) == {name: rule["labels"]["severity"] for name, rule in ALERTS.items()}
