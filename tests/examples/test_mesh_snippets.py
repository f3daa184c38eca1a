"""What recipes give to Envoy and to meshes is what the command line renders and the chart's notes print."""

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from accredit_cli.main import assemble
from fakes.recipe import EXAMPLES, Recipe

ROOT = Path(__file__).parents[2]
NOTES = ROOT / "charts" / "accredit" / "templates" / "NOTES.txt"
_NAMES = {
    "{{ $service }}": "accredit-extauthz.accredit-system.svc.cluster.local",
    "{{ $namespace }}": "accredit-system",
    '{{ include "accredit.extauthz.name" . }}': "accredit-extauthz",
    "{{ int .Values.extauthz.maxBody }}": "65536",
}


def documents(path):
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def noted(first_line):
    """The snippet of the chart's notes that begins with a line, with a default installation's names."""
    lines = NOTES.read_text().splitlines()
    (start,) = (number for number, line in enumerate(lines) if line == f"   {first_line}")
    end = next(number for number in range(start, len(lines)) if not lines[number].strip() or "{{-" in lines[number])
    text = "\n".join(lines[start:end])
    for template, value in _NAMES.items():
        text = text.replace(template, value)
    assert "{{" not in text
    return yaml.safe_load(text)


def test_istio_gets_the_provider_of_the_notes():
    (mesh,) = documents(EXAMPLES / "istio" / "mesh-config.yaml")
    assert mesh == noted("extensionProviders:")
    for path in (EXAMPLES / "istio" / "manifests").glob("*.yaml"):
        for document in documents(path):
            if document["kind"] == "AuthorizationPolicy":
                assert document["spec"]["action"] == "CUSTOM"
                assert document["spec"]["provider"]["name"] == mesh["extensionProviders"][0]["name"]


def test_envoy_gateway_gets_the_ext_auth_of_the_notes():
    found = documents(EXAMPLES / "envoy-gateway" / "manifests" / "traffic.yaml")
    (policy,) = (document for document in found if document["kind"] == "SecurityPolicy")
    assert policy["spec"]["extAuth"] == noted("failOpen: false")


def test_the_gateway_api_filter_asks_the_same_service():
    (route, grant) = documents(EXAMPLES / "gateway-api" / "manifests" / "route.yaml")
    (filter_,) = route["spec"]["rules"][0]["filters"]
    (backend,) = noted("failOpen: false")["grpc"]["backendRefs"]
    assert filter_["externalAuth"]["backendRef"] == backend
    assert grant["metadata"]["namespace"] == backend["namespace"]
    assert grant["spec"]["to"][0]["name"] == backend["name"]


def test_the_envoy_of_the_recipe_is_what_its_command_prints():
    (command,) = Recipe("plain-envoy").commands()
    done = CliRunner().invoke(assemble(command), command)
    assert done.exit_code == 0, done.output
    assert done.stdout == (EXAMPLES / "plain-envoy" / "envoy.yaml").read_text()


@pytest.mark.parametrize("recipe", ["mcp-server", "rest-service", "sidecar"])
def test_the_command_of_a_page_renders(recipe):
    for command in Recipe(recipe).commands():
        done = CliRunner().invoke(assemble(command), command)
        assert done.exit_code == 0, done.output
        assert yaml.safe_load(done.stdout)["static_resources"]
