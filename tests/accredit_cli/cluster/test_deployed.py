import pytest

from accredit_cli.cluster.deployed import DEPLOYMENTS, read_deployment
from accredit_extauthz.decide.view import Deployment
from accredit_operator.ports import Forbidden
from fakes.published_cluster import HOME, PublishedCluster, deployment


@pytest.fixture
def cluster():
    return PublishedCluster()


def test_decisions_depend_on_what_the_replicas_are_told(cluster):
    gateways = "spiffe://corp.example/ns/a/sa/b, spiffe://corp.example/ns/c/sa/d"
    told = {"ACCREDIT_TRUST_DOMAIN": "corp.example", "ACCREDIT_GATEWAY_IDENTITIES": gateways, "ACCREDIT_MAX_BODY": "9"}
    cluster.apply(DEPLOYMENTS, deployment(told))
    cluster.apply(DEPLOYMENTS, deployment({"ACCREDIT_TRUST_DOMAIN": "x.example"}, "operator"))
    assert read_deployment(cluster, HOME) == Deployment("corp.example", frozenset(gateways.split(", ")), 9)


def test_what_they_are_not_told_is_as_usual(cluster):
    cluster.apply(DEPLOYMENTS, deployment({}))
    assert read_deployment(cluster, HOME) == Deployment()


def test_without_a_deployment_to_be_seen_there_is_none(cluster):
    assert read_deployment(cluster, HOME) is None
    cluster.fail("list", DEPLOYMENTS, error=Forbidden("no"))
    assert read_deployment(cluster, HOME) is None
