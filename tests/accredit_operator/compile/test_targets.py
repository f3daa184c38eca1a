import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_operator.compile.premises import Premises
from accredit_operator.compile.targets import HostPlace
from fakes.objects import Outcome, host, issuer, policy

PRINCIPAL = "spiffe://cluster.local/ns/tools/sa/crm"


def service(name="crm"):
    return {"type": "Service", "service": {"name": name}}


def account(name="crm"):
    return {"type": "ServiceAccount", "serviceAccount": {"name": name}}


@pytest.mark.parametrize(
    ("target", "places"),
    [
        pytest.param(host("a.corp.example", "*.b.example"), {"a.corp.example", "*.b.example"}, id="hosts"),
        pytest.param(
            host("a.corp.example", paths=["/mcp", "/x/"]), {"a.corp.example/mcp", "a.corp.example/x"}, id="paths"
        ),
        pytest.param(host("a.corp.example", paths=["/"]), {"a.corp.example"}, id="the root path is the whole host"),
        pytest.param(
            service(), {"crm.tools", "crm.tools.svc", "crm.tools.svc.cluster.local"}, id="the names of a service"
        ),
        pytest.param(account(), {PRINCIPAL}, id="the principal of a service account"),
    ],
)
def test_a_target_means_these_places(target, places):
    outcome = Outcome(issuer(), policy(targets=[target]))
    assert outcome.verdict("crm").accepted
    assert outcome.standings() == dict.fromkeys(places, "governs")


def test_the_domains_are_the_deployments():
    premises = Premises(trust_domain="td.example", cluster_domain="k8s.example")
    outcome = Outcome(issuer(), policy(targets=[service(), account()]), premises=premises)
    assert set(outcome.standings()) == {
        "crm.tools",
        "crm.tools.svc",
        "crm.tools.svc.k8s.example",
        "spiffe://td.example/ns/tools/sa/crm",
    }


def test_a_service_whose_short_name_reads_as_an_address_has_its_long_names():
    outcome = Outcome(issuer(), policy(namespace="10", targets=[service()]))
    assert set(outcome.standings("crm", "10")) == {"crm.10.svc", "crm.10.svc.cluster.local"}


def test_a_place_that_two_targets_name_is_one_place():
    outcome = Outcome(issuer(), policy(targets=[host("a.corp.example"), host("a.corp.example", "a.corp.example")]))
    assert outcome.standings() == {"a.corp.example": "governs"}


@pytest.mark.parametrize(
    ("target", "field", "denied"),
    [
        pytest.param(host("10.0.0.1"), "names[0]", {"10.0.0.1"}, id="an address"),
        pytest.param(
            host("a.corp.example", paths=["/a%2Fb"]), "paths[0]", {"a.corp.example"}, id="a path with a second spelling"
        ),
    ],
)
def test_a_place_that_no_request_can_mean_is_refused(target, field, denied):
    outcome = Outcome(issuer(), policy(targets=[target]))
    assert [problem.field for problem in outcome.verdict("crm").problems] == [f"spec.targets[0].host.{field}"]
    assert outcome.standings() == dict.fromkeys(denied, "invalid")


class TestInvalid:
    """What an invalid policy names is denied; what it may have named too."""

    OTHER = policy("other", targets=[host("other.example"), account("other")])

    def everything(self):
        return {
            "crm.example": "invalid",
            "other.example": "invalid",
            "*.tools.svc": "invalid",
            "*.tools.svc.cluster.local": "invalid",
            "spiffe://cluster.local/ns/tools/sa/other": "invalid",
        }

    @pytest.mark.parametrize(
        ("spec", "places"),
        [
            pytest.param({"targets": [host("crm.example")]}, {"crm.example"}, id="targets that are in order"),
            pytest.param(
                {"targets": [host("CRM.Example.")]}, {"crm.example"}, id="a host in capitals with a final dot"
            ),
            pytest.param({"targets": [host("crm.example", paths=["x"])]}, {"crm.example"}, id="a path that is none"),
            pytest.param({"targets": [{**host("crm.example"), "hots": 1}]}, {"crm.example"}, id="an unknown member"),
            pytest.param({"targets": [account()]}, {PRINCIPAL}, id="a service account"),
        ],
    )
    def test_readable_targets_are_denied(self, spec, places):
        outcome = Outcome(issuer(), self.OTHER, policy(**spec, rules="none"))
        assert outcome.standings() == dict.fromkeys(places, "invalid")
        assert outcome.policy().body is None
        assert outcome.standings("other")["other.example"] == "governs"

    @pytest.mark.parametrize(
        "targets",
        [
            pytest.param([host("crm.example"), {"type": "Host", "host": {"names": "x"}}], id="one cannot be read"),
            pytest.param([host("crm.example"), {"type": "Host", "host": {"names": [7]}}], id="a name is no text"),
            pytest.param([host("crm.example"), "crm"], id="one is no mapping"),
            pytest.param([host("crm.example"), {**host("x.example"), "type": "Service"}], id="one is of another type"),
        ],
    )
    def test_an_unreadable_target_denies_all_of_the_namespace(self, targets):
        outcome = Outcome(
            issuer(), self.OTHER, policy("far", "elsewhere", targets=[host("far.example")]), policy(targets=targets)
        )
        assert outcome.standings() == self.everything()
        assert outcome.standings("far", "elsewhere") == {"far.example": "governs"}

    @pytest.mark.parametrize("targets", [..., [], "crm.example", None])
    def test_no_targets_deny_all_of_the_namespace(self, targets):
        outcome = Outcome(issuer(), self.OTHER, policy(targets=targets))
        assert outcome.standings() == {place: "invalid" for place in self.everything() if place != "crm.example"}

    def test_a_policy_without_a_spec_denies_all_of_the_namespace(self):
        broken = policy()
        broken["spec"] = "none"
        outcome = Outcome(issuer(), self.OTHER, broken)
        assert "other.example" in outcome.standings()


class TestAbove:
    @pytest.mark.parametrize(
        ("above", "below", "expected"),
        [
            pytest.param(("a.corp.example", ""), ("a.corp.example", ""), True, id="the same place"),
            pytest.param(("a.corp.example", ""), ("a.corp.example", "/x"), True, id="a path beneath"),
            pytest.param(("a.corp.example", "/x"), ("a.corp.example", ""), False, id="a path is not above its host"),
            pytest.param(("a.corp.example", "/x"), ("a.corp.example", "/xy"), False, id="no segment border"),
            pytest.param(("*.corp.example", ""), ("a.corp.example", "/x"), True, id="a wildcard"),
            pytest.param(("*.corp.example", "/x"), ("a.corp.example", ""), True, id="a wildcard over a part of it"),
            pytest.param(("*.corp.example", "/x"), ("a.corp.example", "/y"), False, id="a wildcard with another path"),
            pytest.param(("a.corp.example", ""), ("*.corp.example", ""), False, id="a host is not above its wildcard"),
        ],
    )
    def test_a_place_is_above_another(self, above, below, expected):
        assert HostPlace(*above).is_above(HostPlace(*below)) is expected

    @given(
        st.sampled_from(["a.corp.example", "*.corp.example", "b.a.corp.example"]), st.sampled_from(["", "/x", "/x/y"])
    )
    def test_every_place_is_above_itself(self, name, path):
        place = HostPlace(name, path)
        assert place.is_above(place)
