import os

import pytest

from real.image.buildah import Buildah, CannotBuild

TARGETS = ("extauthz", "operator")


@pytest.fixture(scope="session")
def images(tmp_path_factory):
    """Both images, built from the Dockerfile."""
    try:
        store = Buildah(tmp_path_factory.mktemp("buildah"))
    except CannotBuild as missing:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(str(missing))
    try:
        store.make_base()
        for target in TARGETS:
            store.build(target)
        yield store
    finally:
        store.close()
