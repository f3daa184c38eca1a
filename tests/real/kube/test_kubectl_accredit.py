"""`kubectl accredit` on a real API server, beside a real operator and two replicas, with its user's rights alone."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from accredit_cli.main import assemble
from accredit_cli.minting import Wanted, claims, new_key
from fakes.objects import agent, issuer, policy
from real.kube.operator_process import NAMESPACE, OperatorProcess, Seen
from real.kube.replica import Replica

PROGRAM = Path(sys.executable).parent / "kubectl-accredit"
EXAMPLES = Path(__file__).parents[3] / "examples"
REPLICAS = ("replica-1", "replica-2")
READ = {
    "name": "read",
    "effect": "Allow",
    "mcp": {"methods": ["tools/call"], "tools": ["contacts.search"]},
    "scopes": ["tool:crm:read"],
}
_KEY = new_key("ES256", "k1")
_GROUP = "accredit.dev"


@pytest.fixture
def scene(kube, clean, namespace, operator_kubeconfig, extauthz_kubeconfig, tmp_path):
    """An issuer, an agent and a policy, published by an operator and served by two replicas."""
    started = Scene(kube, namespace)
    process = OperatorProcess(tmp_path, operator_kubeconfig)
    replicas = [Replica(extauthz_kubeconfig, name) for name in REPLICAS]
    try:
        started.replicas = replicas
        for document in (started.issuer, started.agent, started.policy):
            kube.apply(document)
        process.wait(started.is_ready, "everything ready")
        yield started
    finally:
        for each in replicas:
            each.stop()
        process.kill()


class Scene:
    def __init__(self, kube, namespace):
        self.kube = kube
        self.namespace = namespace
        self.kubeconfig = kube.kubeconfig_path
        self.issuer = issuer(jwks={"source": "Inline", "inline": {"keys": [_KEY.jwk()]}})
        self.agent = agent(namespace=namespace, actsFor={"anyUser": True})
        service = {"type": "Service", "service": {"name": "crm"}}
        self.policy = policy(namespace=namespace, targets=[service], rules=[READ])
        self.replicas = []
        self._seen = Seen(kube)

    def is_ready(self):
        objects = (self.issuer, self.agent, self.policy)
        return all(self._seen.condition(one, "Ready").get("status") == "True" for one in objects)

    def run(self, *words, stdin=""):
        """Run a verb; return its status and what it says as JSON."""
        written = [*words, "--kubeconfig", str(self.kubeconfig), "-o", "json"]
        done = CliRunner().invoke(assemble(written), written, input=stdin)
        return done.exit_code, json.loads(done.stdout) if done.stdout else done.stderr

    def start(self, *words):
        """Run the plugin as kubectl does; return its status and what it says as JSON."""
        environment = {**os.environ, "KUBECONFIG": str(self.kubeconfig)}
        command = [PROGRAM, *words, "-o", "json"]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=90, check=False)
        return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr

    def token(self, **changes):
        # A second ahead, which the clock skew allows: an agent refuses tokens of the second in which it was made.
        now = int(time.time()) + 1  # noqa: TID251 -- the programs under test read the real clock
        wanted = Wanted(
            issuer="https://idp.example",
            subject="alice",
            audiences=("https://crm.example",),
            actors=("agent:planner",),
            scopes=("tool:crm:read",),
            extra={"jti": "t-1"},
        )
        return _KEY.sign(claims(wanted, now) | changes)

    def explain(self, token):
        request = f"POST crm.{self.namespace}.svc/mcp tools/call contacts.search"
        return self.run("explain", "--token", "-", "--request", request, stdin=token)


def test_a_suspension_is_served_by_all_when_the_command_ends(scene):
    status, said = scene.start("revoke", "agent", "planner", "-n", scene.namespace)
    assert [each.view.snapshot.agents[0].suspended for each in scene.replicas] == [True, True]
    assert (status, said["served"]) == (0, True)
    assert sorted(one["name"] for one in said["replicas"]) == [f"accredit-extauthz-{name}" for name in REPLICAS]
    assert all(each.view.snapshot.sequence >= said["sequence"] for each in scene.replicas)
    token = scene.token()
    assert scene.explain(token)[1]["reason"] == "agent_suspended"
    status, said = scene.start("resume", "planner", "-n", scene.namespace)
    assert (status, said["served"]) == (0, True)
    assert [each.view.snapshot.agents[0].suspended for each in scene.replicas] == [False, False]
    assert scene.explain(token)[1]["reason"] == "agent_revoked"
    status, said = scene.run("status")
    assert (status, said["attention"]) == (0, [])


def test_revocations_of_users_and_tokens_are_served_by_all_when_the_command_ends(scene):
    token = scene.token()
    assert scene.explain(token)[1]["reason"] == "allowed"
    for words, reason in {
        ("token", "t-1"): "token_revoked",
        ("user", "alice", "--before", "now"): "user_revoked",
    }.items():
        status, said = scene.run("revoke", *words, "--issuer", "corp-idp")
        named = said["object"].rpartition("/")[2]
        assert (status, said["served"]) == (0, True)
        for each in scene.replicas:
            assert named in [one.name for one in each.view.snapshot.revocations]
        assert scene.explain(token)[1]["reason"] == reason
        scene.kube.delete(
            {
                "apiVersion": f"{_GROUP}/v1alpha1",
                "kind": "Revocation",
                "metadata": {"name": named, "namespace": NAMESPACE},
            }
        )
        deadline = time.monotonic() + 20
        while scene.explain(token)[1]["reason"] != "allowed":
            assert time.monotonic() < deadline


def test_a_replica_that_does_not_follow_makes_it_fail(scene):
    lagging = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {
            "name": "accredit-extauthz-lagging",
            "namespace": NAMESPACE,
            "labels": {"accredit.dev/part": "replica"},
            "annotations": {"accredit.dev/sequence": "1", "accredit.dev/format": "1"},
        },
        "spec": {"holderIdentity": "lagging", "leaseDurationSeconds": 15},
    }
    scene.kube.apply(lagging)
    status, said = scene.run("revoke", "agent", "planner", "-n", scene.namespace, "--before", "now", "--timeout", "2s")
    assert (status, said["served"]) == (1, False)
    assert [one["name"] for one in said["replicas"] if one["sequence"] < said["sequence"]] == [
        "accredit-extauthz-lagging"
    ]


def test_the_clusters_keys_verify_a_token(scene):
    status, said = scene.explain(scene.token())
    assert (status, said["verdict"], said["policy"]) == (0, "allow", f"{scene.namespace}/crm (Enforce)")
    assert [(hop["agent"], hop["state"]) for hop in said["hops"]] == [(f"{scene.namespace}/planner", "live")]
    stranger = new_key("ES256", "k1").sign({"iss": "https://idp.example", "sub": "alice"})
    assert scene.explain(stranger)[1]["reason"] == "token_signature"


def test_status_shows_who_serves_what(scene):
    status, said = scene.run("status")
    assert (status, said["attention"]) == (0, [])
    assert said["leader"]
    assert {one["state"] for one in said["replicas"]} == {"live"}
    assert {one["sequence"] for one in said["replicas"]} == {said["snapshot"]["sequence"]}
    assert {(one["kind"], one["ready"]) for one in said["objects"]} == {
        ("TrustedIssuer", "True"),
        ("AgentIdentity", "True"),
        ("ToolPolicy", "True"),
    }


def test_a_tenant_without_rights_in_our_namespace_is_told_by_the_object(scene, tmp_path):
    account = {"name": "owner", "namespace": scene.namespace}
    rules = [{"apiGroups": [_GROUP], "resources": ["agentidentities", "toolpolicies"], "verbs": ["*"]}]
    rbac = "rbac.authorization.k8s.io"
    for document in (
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account},
        {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": account, "rules": rules},
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": account,
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": "owner"},
            "subjects": [{"kind": "ServiceAccount", **account}],
        },
    ):
        scene.kube.apply(document)
    scene.kubeconfig = scene.kube.write_kubeconfig(tmp_path / "owner", scene.namespace, "owner")
    status, said = scene.run("revoke", "agent", "planner", "-n", scene.namespace)
    assert [each.view.snapshot.agents[0].suspended for each in scene.replicas] == [True, True]
    assert (status, said["served"], said["sequence"]) == (0, True, None)
    assert scene.run("revoke", "agent", "planner", "-n", "default")[0] == 2
    assert scene.run("revoke", "user", "alice", "--issuer", "corp-idp")[0] == 2


def test_validate_needs_no_cluster():
    folder = EXAMPLES / "plain-envoy" / "manifests"
    done = subprocess.run([PROGRAM, "validate", folder, "-o", "json"], capture_output=True, check=True, timeout=90)
    assert {one["accepted"] for one in json.loads(done.stdout)} == {True}
