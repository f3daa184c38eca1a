import pytest

from accredit_operator.compile.ownership import NOBODY, HostClaim, settle
from accredit_operator.compile.premises import HostClaims, Premises
from accredit_operator.compile.verdict import ConditionReason
from accredit_operator.world import NamespaceFacts
from fakes.objects import Outcome, host, issuer, policy

GRANTED = Premises(host_claims=HostClaims.GRANTED)
ANY = Premises()
REFUSED = [("spec.targets[0]", ConditionReason.NOT_PERMITTED)]


def settled(namespaces, claims, premises):
    known = {facts.name: facts for facts in namespaces}
    return settle(frozenset(known), known, claims, premises)


def two(first, second, **changes):
    """Policies of two tenants; the first one's claim is the older."""
    return (
        policy("first", "red", created="2026-01-01T00:00:00Z", targets=[first]),
        policy("second", "blue", created="2026-01-02T00:00:00Z", targets=[second], **changes),
    )


class TestTaken:
    """Any: the oldest claim."""

    @pytest.mark.parametrize(
        ("first", "second", "loses"),
        [
            pytest.param("a.corp.example", "a.corp.example", True, id="the same host"),
            pytest.param("*.corp.example", "a.corp.example", True, id="a host beneath a wildcard"),
            pytest.param("*.corp.example", "*.a.corp.example", True, id="a wildcard beneath a wildcard"),
            pytest.param("a.corp.example", "b.corp.example", False, id="another host"),
            pytest.param("a.corp.example", "*.corp.example", False, id="a wildcard over what is already taken"),
            pytest.param("a.corp.example", "x.a.corp.example", False, id="a host beneath a host"),
            pytest.param("*.a.corp.example", "a.corp.example", False, id="the name itself beside its wildcard"),
        ],
    )
    def test_a_later_claim_loses(self, first, second, loses):
        outcome = Outcome(issuer(), *two(host(first), host(second)))
        assert outcome.verdict("first").accepted
        assert outcome.reasons("second") == (REFUSED if loses else [])
        assert outcome.standings("second", "blue") == ({} if loses else {second: "governs"})

    def test_what_was_taken_exactly_stays_beneath_a_later_wildcard(self):
        outcome = Outcome(issuer(), *two(host("a.corp.example"), host("*.corp.example")))
        assert outcome.owners() == {"a.corp.example": "red", "*.corp.example": "blue"}

    def test_an_invalid_policy_holds_what_it_can_be_read_to_name(self):
        old = policy("first", "red", created="2026-01-01T00:00:00Z", targets=[host("a.corp.example")], protocol="SOAP")
        outcome = Outcome(issuer(), old, policy("second", "blue", targets=[host("a.corp.example")]))
        assert outcome.standings("first", "red") == {"a.corp.example": "invalid"}
        assert outcome.reasons("second") == REFUSED

    def test_the_short_name_of_a_service_is_taken_after_all_that_is_written_out(self):
        service = policy(
            "s", "com", created="2020-01-01T00:00:00Z", targets=[{"type": "Service", "service": {"name": "example"}}]
        )
        outcome = Outcome(issuer(), service, policy(targets=[host("example.com")]))
        assert outcome.owners() == {"example.com": "tools"}
        assert outcome.verdict("s").accepted
        assert outcome.noted("s") == ["spec.targets[0]"]
        assert outcome.standings("s", "com") == {
            "example.com.svc": "governs",
            "example.com.svc.cluster.local": "governs",
        }


class TestGranted:
    """Granted: the annotation of the Namespace."""

    @pytest.mark.parametrize(
        ("hosts", "target", "owned"),
        [
            pytest.param(("a.corp.example",), "a.corp.example", True, id="the host is granted"),
            pytest.param(("*.corp.example",), "a.corp.example", True, id="a wildcard over it is"),
            pytest.param(("*.corp.example",), "*.a.corp.example", True, id="a wildcard over the wildcard is"),
            pytest.param(("a.corp.example",), "*.a.corp.example", False, id="a host grants no wildcard"),
            pytest.param(("b.corp.example",), "a.corp.example", False, id="another host is"),
            pytest.param((), "a.corp.example", False, id="nothing is"),
            pytest.param(("not a host",), "a.corp.example", False, id="nonsense is"),
        ],
    )
    def test_a_policy_counts_where(self, hosts, target, owned):
        namespaces = (NamespaceFacts("tools", hosts=hosts),)
        outcome = Outcome(issuer(), policy(targets=[host(target)]), premises=GRANTED, namespaces=namespaces)
        assert outcome.reasons("crm") == ([] if owned else REFUSED)
        assert outcome.standings() == ({target: "governs"} if owned else {})

    def test_an_older_policy_gains_nothing_without_a_grant(self):
        namespaces = (NamespaceFacts("blue", hosts=("a.corp.example",)),)
        outcome = Outcome(
            issuer(), *two(host("a.corp.example"), host("a.corp.example")), premises=GRANTED, namespaces=namespaces
        )
        assert outcome.reasons("first") == REFUSED
        assert outcome.verdict("second").accepted

    def test_the_more_exact_grant_has_the_host_whoever_is_older(self):
        namespaces = (
            NamespaceFacts("red", hosts=("*.corp.example",), created_at=1),
            NamespaceFacts("blue", hosts=("a.corp.example",), created_at=2),
        )
        outcome = Outcome(
            issuer(), *two(host("*.corp.example"), host("a.corp.example")), premises=GRANTED, namespaces=namespaces
        )
        assert outcome.verdict("first").accepted
        assert outcome.verdict("second").accepted
        assert outcome.owners() == {"*.corp.example": "red", "a.corp.example": "blue"}

    def test_of_two_namespaces_with_one_grant_the_older_has_it(self):
        namespaces = (
            NamespaceFacts("a-undated", hosts=("a.corp.example",)),
            NamespaceFacts("red", hosts=("a.corp.example",), created_at=2),
            NamespaceFacts("blue", hosts=("a.corp.example",), created_at=1),
        )
        assert settled(namespaces, (), GRANTED).owner_of("a.corp.example") == "blue"

    def test_the_short_name_of_a_service_needs_a_grant_and_its_absence_is_noted(self):
        service = policy(targets=[{"type": "Service", "service": {"name": "crm"}}])
        outcome = Outcome(issuer(), service, premises=GRANTED)
        assert outcome.verdict("crm").accepted
        assert outcome.noted("crm") == ["spec.targets[0]"]
        assert outcome.standings() == {"crm.tools.svc": "governs", "crm.tools.svc.cluster.local": "governs"}

    def test_no_annotation_grants_the_services_of_others(self):
        namespaces = (NamespaceFacts("red", hosts=("*.blue.svc", "crm.blue.svc.cluster.local")), NamespaceFacts("blue"))
        ownership = settled(namespaces, (), GRANTED)
        assert ownership.owner_of("crm.blue.svc") == "blue"
        assert ownership.owner_of("crm.blue.svc.cluster.local") == "blue"


class TestServiceNames:
    """NAME.NS.svc belongs to NS alone, whoever was first."""

    @pytest.mark.parametrize("claims", [HostClaims.ANY, HostClaims.GRANTED])
    @pytest.mark.parametrize(
        ("target", "owned"),
        [
            pytest.param("crm.tools.svc", True, id="a service of its own"),
            pytest.param("crm.tools.svc.cluster.local", True, id="by its long name"),
            pytest.param("pod.crm.tools.svc", True, id="a pod of its own"),
            pytest.param("*.tools.svc", True, id="all of its own"),
            pytest.param("crm.other.svc", False, id="a service of another namespace"),
            pytest.param("*.other.svc.cluster.local", False, id="all of another namespace"),
            pytest.param("tools.svc", False, id="no service at all"),
            pytest.param("*.svc.cluster.local", False, id="all services"),
        ],
    )
    def test_a_host_target_counts_for(self, claims, target, owned):
        premises = Premises(host_claims=claims)
        outcome = Outcome(issuer(), policy(targets=[host(target)]), premises=premises)
        assert outcome.standings() == ({target: "governs"} if owned else {})

    def test_a_wildcard_over_the_clusters_domain_reserves_no_service(self):
        premises = Premises(cluster_domain="k8s.corp.example")
        ownership = settled((NamespaceFacts("blue"),), [HostClaim("red", "*.corp.example")], premises)
        assert ownership.owner_of("www.corp.example") == "red"
        assert ownership.owner_of("crm.blue.svc.k8s.corp.example") == "blue"
        assert ownership.owner_of("crm.unknown.svc.k8s.corp.example") == NOBODY

    def test_what_nobody_names_is_free(self):
        assert settled((), (), ANY).owner_of("a.corp.example") is None


def test_nobody_can_switch_off_anothers_host():
    broken = policy("first", "red", targets=[host("a.corp.example")], rules=None)
    good = policy("second", "blue", created="2020-01-01T00:00:00Z", targets=[host("a.corp.example")])
    outcome = Outcome(issuer(), broken, good)
    assert outcome.standings("first", "red") == {}
    assert outcome.standings("second", "blue") == {"a.corp.example": "governs"}
