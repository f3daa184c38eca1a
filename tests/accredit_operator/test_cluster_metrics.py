from prometheus_client import generate_latest

from accredit_operator.cluster_metrics import ClusterMetrics
from accredit_operator.world import Kind, ObjectKey

KEY = ObjectKey(Kind.AGENT_IDENTITY, "research", "planner")
READY = {"conditions": [{"type": "Ready", "status": "True", "reason": "Ready", "message": ""}]}


def lines(metrics):
    return generate_latest(metrics.registry).decode().splitlines()


def test_it_shows_who_leads():
    metrics = ClusterMetrics("1")
    assert "accredit_leader 0.0" in lines(metrics)
    metrics.lead()
    assert "accredit_leader 1.0" in lines(metrics)


def test_a_status_shows_until_its_object_is_gone():
    metrics = ClusterMetrics("1")
    shown = 'accredit_resource_ready{kind="AgentIdentity",name="planner",namespace="research"}'
    metrics.show_status(KEY, READY)
    assert f"{shown} 1.0" in lines(metrics)
    metrics.show_status(KEY, {})
    assert f"{shown} 0.0" in lines(metrics)
    metrics.forget([KEY])
    metrics.forget([KEY])
    assert not any(line.startswith(shown) for line in lines(metrics))


def test_it_counts_propagations_fetches_and_reconciliations():
    metrics = ClusterMetrics("1")
    metrics.propagated(80_000_000)
    metrics.keys_refreshed("corp-idp", "success")
    metrics.show_key_ages({"corp-idp": 2.5})
    metrics.reconciled("success", 1_000_000, {"ToolPolicy"})
    found = lines(metrics)
    assert 'accredit_propagation_seconds_bucket{le="0.1"} 1.0' in found
    assert 'accredit_jwks_refresh_total{issuer="corp-idp",result="success"} 1.0' in found
    assert 'accredit_jwks_age_seconds{issuer="corp-idp"} 2.5' in found
    assert 'accredit_reconcile_total{kind="ToolPolicy",result="success"} 1.0' in found


def test_it_shows_which_kinds_cannot_be_seen():
    metrics = ClusterMetrics("1")
    metrics.show_unseen(["ToolPolicy"])
    assert 'accredit_kind_visible{kind="ToolPolicy"} 0.0' in lines(metrics)
    assert 'accredit_kind_visible{kind="Namespace"} 1.0' in lines(metrics)
    metrics.show_unseen([])
    assert 'accredit_kind_visible{kind="ToolPolicy"} 1.0' in lines(metrics)
