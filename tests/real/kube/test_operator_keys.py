"""Keys end to end: fetched by the operator, published, and what replicas then say of tokens."""

import base64
import sys
import time

import pytest
import yaml

from accredit_extauthz.contract.publication import UNKNOWN_KEYS
from accredit_extauthz.decide.decide import decide
from accredit_extauthz.model.delegation import Subject
from accredit_extauthz.model.reason import Reason
from accredit_extauthz.source.replica_lease import lease_name
from fakes import scene
from fakes.objects import ALLOW_HTTP, agent, issuer, policy
from real.kube import pod as pods
from real.kube.admin import NAMESPACE
from real.kube.key_issuer import KeyIssuer
from real.kube.operator_process import OperatorProcess, Seen
from real.kube.replica import Replica

SCOPE = "tool:crm:read"
SERVICE = {"type": "Service", "service": {"name": "crm"}}
LEASES = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases"


def unix_now():
    return int(time.time())  # noqa: TID251 -- the programs under test read the real clock


class Service:
    """A service of one namespace, before which a replica judges tokens."""

    def __init__(self, kube, namespace, replica):
        self.kube, self.namespace, self.replica = kube, namespace, replica
        self._judge = replica.unknown_keys.noting(decide)

    def protect(self, **changes):
        settings = {"targets": [SERVICE], "protocol": "HTTP", "rules": [{**ALLOW_HTTP, "scopes": [SCOPE]}]}
        self.kube.apply(policy(namespace=self.namespace, **settings | changes))

    def kids(self):
        """The keys that the replica has. Unlike a token that is judged too early, the question leaves no trace."""
        view = self.replica.view
        return {key.kid for issuer in view.snapshot.issuers for key in issuer.keys} if view else set()

    def judge(self, token):
        asked = scene.call(token, host=f"crm.{self.namespace}.svc")
        return self._judge(asked, self.replica.view, unix_now(), 0)

    def reason(self, signer):
        """What a fresh token of `signer` is answered: a user's, through the agent."""
        issued_at = unix_now() + 1  # later than the agent was created
        return self.judge(signer.mint(signer.claims(iat=issued_at, exp=issued_at + 600))).reason


@pytest.fixture
def idp():
    with KeyIssuer() as serving:
        yield serving


@pytest.fixture
def seen(kube, clean):
    return Seen(kube)


@pytest.fixture
def service(kube, seen, namespace, extauthz_kubeconfig):
    replica = Replica(extauthz_kubeconfig, "replica-1")
    standing = Service(kube, namespace, replica)
    standing.protect()
    kube.apply(agent(namespace=namespace, actsFor={"anyUser": True}))
    yield standing
    replica.stop()


@pytest.fixture
def operators(seen, operator_kubeconfig, tmp_path):
    started = []

    def start(environment):
        started.append(OperatorProcess(tmp_path, operator_kubeconfig, **environment))
        started[-1].wait(lambda: started[-1].probe("/readyz") == 200, "readiness", 30)
        return started[-1]

    yield start
    for each in started:
        each.kill()


def annotation(kube):
    return kube.request("GET", f"{LEASES}/{lease_name('replica-1')}")["metadata"]["annotations"].get(UNKNOWN_KEYS)


def test_a_token_is_accepted_as_soon_as_the_keys_of_its_issuer_are_published(kube, idp, service, operators):
    """Then the key is rotated: a replica misses it, its Lease says so, and the operator asks the issuer early, once."""
    first, second = idp.signer("k1"), idp.signer("k2")
    idp.publish(first)
    kube.apply(idp.document())
    operator = operators(idp.environment)
    operator.wait(lambda: service.kids() == {"k1"}, "the first key")
    assert service.reason(first) is Reason.ALLOWED
    assert idp.fetches == 1
    assert service.reason(idp.signer("k1")) is Reason.TOKEN_SIGNATURE

    idp.publish(first, second)
    assert service.reason(second) is Reason.TOKEN_KEY_UNKNOWN
    operator.wait(lambda: annotation(kube) == '{"corp-idp": "k2"}', "the annotation", 10)
    operator.wait(lambda: service.reason(second) is Reason.ALLOWED, "the second key", 30)
    assert idp.fetches == 2, "early, and once within ten seconds, however often replicas miss the key"
    assert service.reason(first) is Reason.ALLOWED


def test_the_last_good_keys_outlive_the_issuer_and_the_leader_and_end_by_denial(kube, idp, service, operators):
    first, second = idp.signer("k1"), idp.signer("k2")
    idp.publish(first, second)
    corp = idp.document()
    kube.apply(corp)
    operator = operators(idp.environment)
    operator.wait(lambda: service.kids() == {"k1", "k2"}, "the keys")
    assert service.reason(first) is Reason.ALLOWED

    idp.break_down()
    kube.merge(corp, {"spec": {"jwks": {"refreshInterval": "10m"}}})  # asks at once
    failed = 'accredit_jwks_refresh_total{issuer="corp-idp",result="failed"}'
    operator.wait(lambda: failed in operator.metrics(), "a fetch that fails")
    assert service.reason(first) is Reason.ALLOWED

    operator.stop()
    successor = operators(idp.environment)
    successor.wait(lambda: failed in successor.metrics(), "its first fetch")
    kube.apply(agent("other", namespace=service.namespace))
    successor.wait(lambda: len(service.replica.view.snapshot.agents) == 2, "a publication of its own")
    assert service.reason(first) is Reason.ALLOWED
    assert kube.read(corp)["status"]["keyIDs"] == ["k1", "k2"]

    kube.merge(corp, {"spec": {"jwks": {"deniedKeyIDs": ["k1"]}}})
    successor.wait(lambda: service.reason(first) is Reason.TOKEN_KEY_UNKNOWN, "the denial")
    assert service.reason(second) is Reason.ALLOWED
    successor.wait(lambda: kube.read(corp)["status"]["keyIDs"] == ["k2"], "the status")


@pytest.fixture
def pod(control_plane, kube, tmp_path):
    """The operator in a pod, which is the only place from which the cluster's own issuer has its proper name."""
    if not pods.are_possible():
        pytest.skip("this machine gives no namespaces to an ordinary process")
    written = yaml.safe_load(kube.write_kubeconfig(tmp_path / "kubeconfig", NAMESPACE, "accredit-operator").read_text())
    authority = written["clusters"][0]["cluster"]["certificate-authority-data"]
    (tmp_path / "token").write_text(written["users"][0]["user"]["token"])
    (tmp_path / "ca.crt").write_bytes(base64.b64decode(authority))
    (tmp_path / "namespace").write_text(NAMESPACE)
    command = [sys.executable, "-m", "accredit_operator", "--http=off", "--resync=3s"]
    with pods.Pod(tmp_path, command, control_plane.port) as running:
        yield running.process


def account_token(kube, namespace, audience):
    """A token of a service account, as its pod would get it by a projected volume."""
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "crawler", "namespace": namespace}}
    kube.apply(account)
    asked = {"audiences": [audience], "expirationSeconds": 600}
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": asked}
    return kube.request("POST", f"{kube.path(account)}/token", body)["status"]["token"]


def test_the_tokens_of_service_accounts_are_verified_by_the_keys_of_the_cluster(kube, pod, service):
    """As a caller's own: they name no actor."""
    said_by = kube.request("GET", "/.well-known/openid-configuration")["issuer"]
    cluster = issuer(
        "cluster",
        issuer=said_by,
        jwks={"source": "URL", "url": "https://kubernetes.default.svc/openid/v1/jwks"},
        algorithms=["RS256"],
        tokenTypes=["None"],
        claims={"layout": "ActClaim", "client": "/kubernetes.io/serviceaccount/name"},
        userClients=["crawler"],
        requiredClaims=[{"name": "/kubernetes.io/namespace", "values": [service.namespace]}],
    )
    kube.apply(cluster)
    open_rule = {name: value for name, value in ALLOW_HTTP.items() if name != "scopes"} | {"noScopesRequired": True}
    service.protect(issuers=[{"name": "cluster"}], callers=["User"], rules=[open_rule])
    token = account_token(kube, service.namespace, "https://crm.example")
    pod.wait_until(lambda: service.judge(token).reason is Reason.ALLOWED, "the keys", 30)
    passed = service.judge(token)
    assert passed.evidence.delegation.user == Subject(said_by, f"system:serviceaccount:{service.namespace}:crawler")

    signed, _, signature = token.rpartition(".")
    forged = f"{signed}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"
    elsewhere = account_token(kube, service.namespace, "https://other.example")
    of_another = account_token(kube, NAMESPACE, "https://crm.example")
    reasons = [service.judge(one).reason for one in (forged, elsewhere, of_another)]
    assert reasons == [Reason.TOKEN_SIGNATURE, Reason.TOKEN_AUDIENCE, Reason.TOKEN_CLAIMS]


def test_an_issuer_on_loopback_is_never_asked(kube, idp, seen, operators):
    idp.publish(idp.signer("k1"))
    near = idp.document("near", source="URL", url=idp.url.replace("idp.example", "localhost") + "/jwks")
    kube.apply(near)
    operator = operators({})
    failed = 'accredit_jwks_refresh_total{issuer="near",result="failed"}'
    operator.wait(lambda: failed in operator.metrics(), "a fetch that fails")
    operator.wait(lambda: seen.condition(near, "KeysFetched").get("reason") == "NotFetched", "the condition")
    assert "loopback" in seen.condition(near, "KeysFetched")["message"]
    assert idp.fetches == 0
