"""The verb that renders a bootstrap."""

import json

import pytest
import yaml
from typer.testing import CliRunner

from accredit_cli.main import assemble

UPSTREAM = ["--upstream", "127.0.0.1:8000"]


def run(*arguments):
    words = ["envoy-config", *arguments]
    return CliRunner().invoke(assemble(words), words)


def test_an_upstream_is_all_it_needs():
    done = run(*UPSTREAM)
    assert done.exit_code == 0
    listener = yaml.safe_load(done.stdout)["static_resources"]["listeners"][0]
    assert listener["address"]["socket_address"] == {"address": "127.0.0.1", "port_value": 10000}


def test_json_says_the_same_as_yaml():
    assert json.loads(run(*UPSTREAM, "-o", "json").stdout) == yaml.safe_load(run(*UPSTREAM).stdout)


def test_options_reach_the_bootstrap():
    done = run(*UPSTREAM, "--authorizer", "unix:/run/a.sock", "--host", "a.example", "--host", "b.example")
    text = done.stdout
    assert "path: /run/a.sock" in text
    assert yaml.safe_load(text)["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"][
        "route_config"
    ]["virtual_hosts"][0]["domains"] == ["a.example", "b.example"]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="no upstream"),
        pytest.param(["--upstream", "8000"], id="no host"),
        pytest.param([*UPSTREAM, "--failure-mode-allow"], id="an option that would let requests pass"),
        pytest.param([*UPSTREAM, "--admin", "0.0.0.0:9901"], id="an admin port for everyone"),
        pytest.param([*UPSTREAM, "--admin", "envoy.example:9901"], id="an admin port on a name"),
        pytest.param([*UPSTREAM, "--tls-cert", "c.pem"], id="a certificate without its key"),
        pytest.param([*UPSTREAM, "--tls-client-ca", "ca.pem"], id="client certificates without TLS"),
        pytest.param([*UPSTREAM, "--authorizer-ca", "ca.pem"], id="a CA without a name"),
        pytest.param([*UPSTREAM, "--upstream-name", "a.example"], id="a name without a CA"),
        pytest.param(
            [*UPSTREAM, "--authorizer-ca", "ca.pem", "--authorizer-name", "a", "--authorizer-key", "k.pem"],
            id="a key without its certificate",
        ),
        pytest.param(
            [*UPSTREAM, "--authorizer-cert", "c", "--authorizer-key", "k"], id="a certificate shown to anyone"
        ),
        pytest.param([*UPSTREAM, "--policy", "crm"], id="a policy without a namespace"),
        pytest.param([*UPSTREAM, "--max-body", "0"], id="no body at all"),
    ],
)
def test_what_would_weaken_or_cannot_work_is_refused(arguments):
    done = run(*arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
