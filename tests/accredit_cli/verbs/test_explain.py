import json

import pytest

from accredit_cli.cluster.deployed import DEPLOYMENTS
from accredit_cli.minting import new_key
from accredit_extauthz.contract.publication import HEAD_NAME
from accredit_operator.ports import CONFIG_MAPS
from fakes.objects import agent
from fakes.published_cluster import HOME, deployment

_NOW = "2027-01-15T08:00:00Z"
_SEARCH = "POST mcp.crm.example/mcp tools/call contacts.search"
_CLAIMS = {
    "iss": "https://idp.example",
    "sub": "alice",
    "aud": "https://crm.example",
    "scope": "tool:crm:read tool:crm:write tool:jira:read",
    "act": {"sub": "agent:scribe", "act": {"sub": "agent:planner"}},
}


@pytest.fixture
def explain(run, manifests):
    def ask(*words, claims=None, request=_SEARCH, **changes):
        said = [] if claims is None else ["--claims", json.dumps(claims | changes)]
        done = run("explain", *said, "--request", request, "--at", _NOW, "-o", "json", *words, manifests)
        return done.exit_code, json.loads(done.stdout) if done.stdout else done.stderr

    return ask


def test_an_allowed_call_is_explained_hop_by_hop(explain):
    status, said = explain(claims=_CLAIMS)
    assert status == 0
    assert (said["verdict"], said["reason"], said["rule"]) == ("allow", "allowed", "read")
    assert [(hop["agent"], hop["state"], hop["granted"]) for hop in said["hops"]] == [
        ("research/planner", "live", "yes"),
        ("crm/scribe", "live", "yes"),
    ]
    assert said["effective"] == ["tool:crm:read", "tool:crm:write"]
    assert said["required"] == ["tool:crm:read"]


def test_each_limit_says_which_scopes_it_took(explain):
    _, said = explain(claims=_CLAIMS)
    assert [(each["limit"], each["lost"]) for each in said["scopes"]] == [
        ("token", []),
        ("research/planner", ["tool:jira:read"]),
        ("crm/scribe", []),
    ]


def test_every_hop_is_explained_although_the_first_refusal_decided(explain, manifests):
    file = manifests / "agents.yaml"
    file.write_text(file.read_text().replace("  scopes:", "  suspended: true\n  scopes:", 1))
    status, said = explain(claims=_CLAIMS, act={"sub": "agent:nobody", "act": {"sub": "agent:planner"}})
    assert (status, said["reason"]) == (1, "agent_suspended")
    assert [hop["state"] for hop in said["hops"]] == ["agent_suspended", "agent_unknown"]


def test_an_edge_and_a_user_that_are_not_granted_are_both_shown(explain):
    _, said = explain(claims=_CLAIMS, act={"sub": "agent:planner", "act": {"sub": "agent:scribe"}})
    assert [hop["granted"] for hop in said["hops"]] == ["acts_for_not_granted", "edge_not_granted"]


def test_a_token_s_signature_is_checked(explain):
    token = new_key("ES256", "test").sign({**_CLAIMS, "iat": 1_799_999_990, "exp": 1_800_000_600})
    status, said = explain("--token", token)
    assert (status, said["reason"], said["hops"]) == (1, "token_key_unknown", [])


def test_a_token_comes_from_standard_input(run, manifests):
    done = run("explain", "--token", "-", "--request", _SEARCH, "-o", "json", manifests, stdin="a.b\n")
    assert json.loads(done.stdout)["reason"] == "token_malformed"


def test_claims_come_from_a_file(run, manifests, tmp_path):
    file = tmp_path / "claims.json"
    file.write_text(json.dumps(_CLAIMS))
    assert run("explain", "--claims", file, "--request", _SEARCH, "--at", _NOW, manifests).exit_code == 0


def test_claims_are_judged_like_any_others(explain):
    status, said = explain(claims=_CLAIMS, exp=1_799_999_000, iat=1_799_998_000)
    assert (status, said["reason"]) == (1, "token_expired")


def test_a_request_without_a_token_is_explained_too(explain):
    status, said = explain()
    assert (status, said["reason"], said["policy"]) == (1, "token_missing", "crm/tools (Enforce)")


def test_an_http_request_needs_no_message(explain):
    _, said = explain(claims=_CLAIMS, request="GET api.crm.example/v1/contacts/7")
    assert (said["reason"], said["operation"]) == ("allowed", "GET /v1/contacts/7")


def test_peer_policy_and_headers_are_those_that_were_named(explain):
    status, said = explain(
        "--policy", "crm/tools", "--peer", "spiffe://x/y", "--header", "mcp-name=contacts.delete", claims=_CLAIMS
    )
    assert (status, said["reason"], said["policy"]) == (1, "header_body_mismatch", "crm/tools (Enforce)")


def test_the_table_holds_summary_hops_and_scopes(run, manifests):
    words = ["explain", "--claims", json.dumps(_CLAIMS), "--request", _SEARCH, "--at", _NOW]
    summary, hops, scopes = run(*words, manifests).stdout.split("\n\n")
    assert summary.splitlines()[0].split() == ["verdict", "allow"]
    assert [line.split()[:2] for line in hops.splitlines()[1:]] == [["1", "research/planner"], ["2", "crm/scribe"]]
    assert scopes.splitlines()[-1].split() == ["required", "tool:crm:read"]


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["--claims", "{}", "--token", "a.b.c", "--request", _SEARCH], id="claims and a token"),
        pytest.param(["--claims", "{", "--request", _SEARCH], id="claims that are no JSON"),
        pytest.param(["--claims", '{"iss": "https://x"}', "--request", _SEARCH], id="an issuer that is not there"),
        pytest.param(["--claims", "{}", "--request", _SEARCH], id="claims without an issuer, of which there are two"),
        pytest.param(["--request", "POST"], id="a request without an address"),
        pytest.param(["--request", "POST mcp.crm.example/mcp tools/call"], id="a call of no tool"),
        pytest.param(["--request", "POST mcp.crm.example/mcp ping x"], id="a name for a method that names nothing"),
        pytest.param(["--request", _SEARCH, "--at", "noon"], id="a time that is none"),
        pytest.param(["--request", _SEARCH, "--header", "x"], id="a header without a value"),
    ],
)
def test_what_cannot_be_asked_is_wrong_usage(run, manifests, words):
    done = run("explain", *words, manifests)
    assert done.exit_code == 2
    assert done.stderr


def test_grants_are_a_limit_of_their_own(explain, manifests):
    file = manifests / "policies.yaml"
    granting = "protocol: MCP\n  userScopes: Grants\n  grants: [{subjects: [alice], scopes: [tool:crm:read]}]"
    file.write_text(file.read_text().replace("protocol: MCP", granting, 1))
    _, narrowed = explain(claims=_CLAIMS)
    _, taken = explain(claims=_CLAIMS, scope="openid")
    assert narrowed["scopes"][1] == {
        "limit": "grants",
        "left": ["tool:crm:read"],
        "lost": ["tool:crm:write", "tool:jira:read"],
    }
    assert taken["scopes"][1] == {"limit": "grants", "left": ["tool:crm:read"], "lost": ["openid"]}
    assert taken["effective"] == ["tool:crm:read"]


_SEARCH_IN_CLUSTER = "POST mcp.example/mcp tools/call contacts.search"


@pytest.fixture
def explain_cluster(run, cluster):
    def ask(*words, **changes):
        claims = {"iss": "https://idp.example", "sub": "alice", "aud": "https://crm.example", "scope": "tool:crm:read"}
        said = json.dumps(claims | {"act": {"sub": "agent:planner"}} | changes)
        done = run("explain", "--claims", said, "--request", _SEARCH_IN_CLUSTER, "-o", "json", *words)
        return done.exit_code, json.loads(done.stdout) if done.stdout else done.stderr

    return ask


def test_without_manifests_what_the_cluster_serves_decides(explain_cluster, cluster):
    assert explain_cluster()[1]["reason"] == "allowed"
    cluster.declare(agent(actsFor={"anyUser": True}, suspended=True))
    assert explain_cluster()[1]["reason"] == "allowed"
    cluster.publish(2)
    status, said = explain_cluster()
    assert (status, said["reason"], said["hops"][0]["state"]) == (1, "agent_suspended", "agent_suspended")


def test_the_settings_of_the_replicas_decide_what_names_the_target(explain_cluster, cluster):
    gateway = "spiffe://corp.example/ns/ingress/sa/gateway"
    told = {"ACCREDIT_TRUST_DOMAIN": "corp.example", "ACCREDIT_GATEWAY_IDENTITIES": ""}
    cluster.apply(DEPLOYMENTS, deployment(told))
    assert explain_cluster("--destination", gateway)[1]["reason"] == "no_policy"
    cluster.apply(DEPLOYMENTS, deployment(told | {"ACCREDIT_GATEWAY_IDENTITIES": gateway}))
    assert explain_cluster("--destination", gateway)[1]["reason"] == "allowed"


def test_where_nothing_is_published_nothing_is_explained(explain_cluster, cluster):
    cluster.remove(CONFIG_MAPS, HOME, HEAD_NAME)
    status, said = explain_cluster()
    assert (status, "nothing is published" in said) == (2, True)
