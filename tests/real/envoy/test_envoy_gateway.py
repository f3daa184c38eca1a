"""The recipe for Envoy Gateway, run by Envoy Gateway: its SecurityPolicy asks Accredit about every request."""

import pytest
import yaml

from accredit_cli.demo import stack as demo
from accredit_cli.demo.processes import Supervisor
from fakes.recipe import Recipe
from real.envoy import envoy_gateway
from real.envoy.recipe_stack import RecipeStack, ask, free_ports


@pytest.fixture
def supervisor(tmp_path):
    envoy_gateway.find()
    (tmp_path / "logs").mkdir()
    with Supervisor(tmp_path / "logs") as running:
        yield running


def test_every_case_of_the_page_comes_out(supervisor, tmp_path, envoy_binary, echo):
    (tmp_path / "accredit").mkdir()
    stack = RecipeStack(Recipe("envoy-gateway"), supervisor, tmp_path / "accredit", envoy_binary)
    (port,) = free_ports(1)
    documents = list(yaml.safe_load_all((stack.recipe.folder / "manifests" / "traffic.yaml").read_text()))
    reached = {"crm": echo.port, "accredit-extauthz": stack.check_port}
    gateway = envoy_gateway.start(
        supervisor, tmp_path, envoy_binary, envoy_gateway.standalone(documents, port, reached)
    )
    gateway.wait_until(lambda: demo.accepts(port), "a listener", 60)
    first = stack.recipe.scenarios[0]
    gateway.wait_until(lambda: ask(port, first).status == 200, "a request that passes", 60)
    for scenario in stack.recipe.scenarios:
        expected, before = scenario.case.expect, len(echo.seen)
        answer = ask(port, scenario)
        if scenario.situation.request.host != "crm.example":  # no route has it, so nobody is asked
            assert answer.status == 404
        elif expected.reason == "allowed":
            told = {name.lower(): value for name, value in answer.upstream}
            assert (answer.status, told) == (200, told | expected.headers)
            assert "authorization" not in told
        else:
            assert (answer.status, answer.reason) == (expected.status, expected.reason)
            assert len(echo.seen) == before

    stack.extauthz.kill()
    before = len(echo.seen)
    assert ask(port, first).status == 503
    assert len(echo.seen) == before
