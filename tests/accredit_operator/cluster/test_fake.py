"""The fake keeps the laws of the port, so that what is tested on it holds on the real API server."""

import pytest

from accredit_operator.ports import CONFIG_MAPS, TransientError
from fakes.cluster import FakeCluster
from fakes.cluster_laws import HOME, LAWS, config_map


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_fake_keeps_the_law(law):
    fake = FakeCluster()
    law(fake, fake.apply)


def test_a_write_whose_answer_is_lost_has_landed_and_one_that_fails_has_not():
    fake = FakeCluster()
    fake.fail("create", CONFIG_MAPS, landed=True)
    with pytest.raises(TransientError):
        fake.create(CONFIG_MAPS, config_map("accredit-head"))
    fake.fail("create", name="accredit-beat")
    with pytest.raises(TransientError):
        fake.create(CONFIG_MAPS, config_map("accredit-beat"))
    assert [item.name for item in fake.list_all(CONFIG_MAPS, namespace=HOME).items] == ["accredit-head"]
