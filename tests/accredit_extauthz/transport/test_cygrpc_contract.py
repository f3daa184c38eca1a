from types import SimpleNamespace

import grpc
import pytest

from accredit_extauthz.transport.cygrpc_contract import _ATTRIBUTES, ContractBroken, agreed

VERSION = "1.85.3"


def module(lacking="", attribute=""):
    """All names of the contract but one."""
    names = {
        name: SimpleNamespace(**{each: each for each in attributes if (name, each) != (lacking, attribute)})
        for name, attributes in _ATTRIBUTES.items()
        if (name, "") != (lacking, attribute)
    }
    return SimpleNamespace(**names)


def test_the_installed_grpcio_keeps_the_contract():
    assert agreed().queue().poll(0).tag is None


def test_a_module_with_all_names_is_taken():
    assert agreed(module(), VERSION).queue_shutdown == "queue_shutdown"


@pytest.mark.parametrize(
    ("name", "attribute"),
    [(name, attribute) for name, attributes in _ATTRIBUTES.items() for attribute in ("", *attributes)],
)
def test_a_name_that_is_missing_is_named(name, attribute):
    with pytest.raises(ContractBroken, match=f"no {name}.{attribute}" if attribute else f"no {name}$"):
        agreed(module(name, attribute), VERSION)


@pytest.mark.parametrize(
    "version",
    [
        pytest.param("1.62.0", id="the oldest"),
        pytest.param("1.85.9", id="a patch of the newest"),
        pytest.param("1.85.0rc1", id="a candidate"),
    ],
)
def test_tested_versions_are_taken(version):
    assert agreed(module(), version).queue_shutdown == "queue_shutdown"


@pytest.mark.parametrize(
    "version",
    [
        pytest.param("1.61.3", id="older than the oldest"),
        pytest.param("1.86.0", id="newer than the newest"),
        pytest.param("2.0.0", id="another major version"),
        pytest.param("unknown", id="no version"),
    ],
)
def test_other_versions_are_refused_by_name(version):
    with pytest.raises(ContractBroken, match=version):
        agreed(module(), version)


def test_credentials_have_what_core_takes():
    assert hasattr(grpc.ServerCredentials(None), "_credentials")
