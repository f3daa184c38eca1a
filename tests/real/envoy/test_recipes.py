"""Recipes, run: their manifests, their Envoy and every case of their pages, through the real programs."""

import asyncio
import ssl
import time

import pytest
import yaml

from accredit_cli.demo.processes import Supervisor
from accredit_cli.demo.senders import send
from accredit_cli.demo.steps import Call, Sender
from fakes.recipe import Recipe, sent
from real.envoy.recipe_stack import RecipeStack, ask, rendered
from real.envoy.spiffe import TrustDomain

_ALLOWED = {"allowed", "allowed_public"}
_SESSIONS = [
    (Sender.CLIENT, "contacts.search", "allowed"),
    (Sender.CLIENT, "contacts.export", "rule_denied"),
    (Sender.LEGACY, "contacts.search", "allowed"),
]


@pytest.fixture(scope="module")
def serve(tmp_path_factory, envoy_binary):
    """Starts the programs of a recipe."""
    supervisors = []

    def start(name):
        supervisors.append(Supervisor(tmp_path_factory.mktemp(f"{name}-logs")))
        return RecipeStack(Recipe(name), supervisors[-1], tmp_path_factory.mktemp(name), envoy_binary)

    yield start
    for supervisor in supervisors:
        supervisor.stop()


def told(answer):
    return {name.lower(): value for name, value in answer.upstream}


def check(scenario, answer, echo, reached_before):
    """Assert that client and upstream saw what the page says."""
    expected, name = scenario.case.expect, scenario.case.case
    reason = expected.reason.value
    if reason in _ALLOWED:
        assert (name, answer.status, len(echo.seen)) == (name, 200, reached_before + 1)
        assert (name, told(answer)) == (name, told(answer) | expected.headers)
        assert (name, set(expected.absent) & set(told(answer))) == (name, set())
    else:
        assert (name, answer.reason) == (name, reason)
        assert (name, answer.status) == (name, expected.status or answer.status)
        assert (name, set(expected.present) - set(answer.headers)) == (name, set())
        assert (name, len(echo.seen)) == (name, reached_before)


def play(stack, port, scenarios, echo):
    played = 0
    for scenario in scenarios:
        stack.settled(port, stack.recipe.scenarios[0])
        before = len(echo.seen)
        check(scenario, ask(port, scenario), echo, before)
        played += 1
    assert played > 0


def test_plain_envoy(serve, echo):
    stack = serve("plain-envoy")
    port = stack.front(yaml.safe_load((stack.recipe.folder / "envoy.yaml").read_text()), echo.port)
    play_hosts_of_the_route(stack, port, echo)
    stack.extauthz.kill()
    before = len(echo.seen)
    assert ask(port, stack.recipe.scenarios[0]).status == 503
    assert len(echo.seen) == before


def play_hosts_of_the_route(stack, port, echo):
    """This Envoy has a route for one host: another is its own 404, and nobody is asked."""
    elsewhere = [one for one in stack.recipe.scenarios if one.situation.request.host != "crm.example"]
    play(stack, port, [one for one in stack.recipe.scenarios if one not in elsewhere], echo)
    assert [ask(port, one).status for one in elsewhere] == [404]


def test_a_rest_service(serve, echo):
    stack = serve("rest-service")
    (words,) = stack.recipe.commands()
    play(stack, stack.front(rendered(words), echo.port), stack.recipe.scenarios, echo)


def test_an_mcp_server(serve, echo):
    stack = serve("mcp-server")
    (words,) = stack.recipe.commands()
    play(stack, stack.front(rendered(words), echo.port), stack.recipe.scenarios, echo)

    port = stack.front(rendered(words), stack.start_mcp_server())
    first = stack.recipe.scenarios[0]
    stack.settled(port, first)
    bearer = sent(first, int(time.time())).headers["authorization"].removeprefix("Bearer ")  # noqa: TID251 -- as above
    for sender, tool, reason in _SESSIONS:
        outcome = asyncio.run(send(f"http://127.0.0.1:{port}/mcp", Call(tool=tool, sender=sender), bearer))
        assert (sender, tool, outcome.reason) == (sender, tool, reason)
        assert outcome.told.get("x-agent-id", "research/planner") == "research/planner"
    assert "resource_metadata" in asyncio.run(send(f"http://127.0.0.1:{port}/mcp", Call(), None)).challenge


def test_a_sidecar_whose_host_header_proves_nothing(serve, echo, tmp_path):
    stack = serve("sidecar")
    domain = TrustDomain(tmp_path)
    (words,) = stack.recipe.commands()
    guarded = {one.situation.destination for one in stack.recipe.scenarios} - {""}
    ports = {workload: stack.front(rendered(with_svid(words, domain, workload)), echo.port) for workload in guarded}
    for scenario in stack.recipe.scenarios:
        situation, before = scenario.situation, len(echo.seen)
        if not situation.destination:
            continue
        client = domain.client(situation.peer.principal)
        port = ports[situation.destination]
        if not situation.peer.principal:  # the mesh lets nobody in who shows no certificate
            with pytest.raises((ssl.SSLError, OSError)):
                ask(port, scenario, client)
            continue
        check(scenario, stack.settled(port, scenario, client), echo, before)


def with_svid(words, domain, workload):
    certificate, key = domain.svid(workload)
    files = {"--tls-cert": certificate, "--tls-key": key, "--tls-client-ca": domain.bundle}
    return [str(files.get(before, word)) for before, word in zip(["", *words], words, strict=False)]


def test_a_sidecar_that_pins_its_policy(serve, echo):
    stack = serve("sidecar")
    words = ["envoy-config", "--upstream", "127.0.0.1:8080"]
    for scenario in stack.recipe.scenarios:
        situation = scenario.situation
        if situation.destination or scenario.case.with_:
            continue
        pin = [word for value in situation.extensions.values() for word in ("--policy", value)]
        port = stack.front(rendered([*words, *pin]), echo.port)
        before = len(echo.seen)
        check(scenario, stack.settled(port, scenario), echo, before)
