"""A site of its own for each fault, because it comes out harmed."""

import pytest

from real.envoy.fault_site import standing


@pytest.fixture
def site(tmp_path):
    with standing(tmp_path) as built:
        yield built
