import pytest

from accredit_cli.cluster.overview import age_s, look
from accredit_operator.ports import DECLARED, LEASES, Forbidden, NotFound
from accredit_operator.world import Kind
from fakes.objects import agent, issuer
from fakes.published_cluster import HOME, PublishedCluster

NOW = 1_800_000_000  # 2027-01-15T08:00:00Z


@pytest.mark.parametrize(
    ("moment", "age"),
    [
        ("2027-01-15T07:59:50.123456Z", 10),
        ("2027-01-15T09:00:00+01:00", 0),
        ("2027-01-15T08:00:05Z", -5),
        ("", None),
        ("yesterday", None),
    ],
)
def test_an_age_is_known_where_the_time_is(moment, age):
    assert age_s(moment, NOW) == age


@pytest.fixture
def cluster():
    made = PublishedCluster()
    made.declare(issuer(), agent())
    made.publish(3)
    return made


def test_a_replica_counts_for_as_long_as_its_lease(cluster):
    for name, renewed in {"a": "07:59:50", "b": "07:59:45", "c": "07:59:44", "d": "08:00:02"}.items():
        cluster.serve(name, 3, renewed=f"2027-01-15T{renewed}.000000Z")
    seen = look(cluster, HOME, "", NOW)
    assert [one.name for one in seen.alive] == ["a", "b", "d"]
    assert seen.behind == ()


def test_a_replica_that_has_left_is_not_listed(cluster):
    cluster.serve("a", 3)
    stored = cluster.read(LEASES, HOME, "a").document
    cluster.apply(LEASES, {**stored, "metadata": {**stored["metadata"], "labels": {}}})
    assert look(cluster, HOME, "", NOW).replicas == ()


def test_what_is_hidden_is_not_called_missing(cluster):
    cluster.fail("", LEASES, error=Forbidden("no"), times=10)
    seen = look(cluster, HOME, "", NOW)
    assert len(seen.hidden) == 1
    assert seen.troubles() == ("objects that are not ready: 2",)


def test_a_kind_that_is_not_installed_is_an_error(cluster):
    cluster.uninstalled.add(DECLARED[Kind.TOOL_POLICY])
    with pytest.raises(NotFound):
        look(cluster, HOME, "", NOW)
