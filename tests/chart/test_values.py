"""Values that are refused: of the wrong type or name by the schema, in combination by a sentence."""

import json
import re

import pytest
import yaml

from chart.helm import CHART, HelmRefused, render, run

WRONG = [
    ("a name that does not exist", "opertor.replicas=1", "'opertor' not allowed"),
    ("a name within that does not exist", "extauthz.replica=1", "at '/extauthz'"),
    ("a word for a number", "extauthz.replicas=two", "/extauthz/replicas"),
    ("a negative number", "extauthz.replicas=-1", "/extauthz/replicas"),
    ("a word for a switch", "crds.enabled=often", "/crds/enabled"),
    ("a switch that YAML 1.1 had", "rbac.create=yes", "/rbac/create"),
    ("a pull policy that does not exist", "image.pullPolicy=Sometimes", "/image/pullPolicy"),
    ("a digest that is a tag", "operator.image.digest=v1", "/operator/image/digest"),
    ("a text for a list", "watchNamespaces=tools", "/watchNamespaces"),
    ("a namespace with capitals", "watchNamespaces={Tools}", "/watchNamespaces/0"),
    ("a namespace twice", "watchNamespaces={tools,tools}", "/watchNamespaces"),
    ("a mode of claims that does not exist", "hostClaims=Granting", "/hostClaims"),
    ("a trust domain with a scheme", "trustDomain=spiffe://x", "/trustDomain"),
    ("a gateway that is no SPIFFE ID", "extauthz.gatewayIdentities={gateway}", "/extauthz/gatewayIdentities/0"),
    ("a body that is larger than any", "extauthz.maxBody=16777217", "/extauthz/maxBody"),
    ("an audit sink that does not exist", "extauthz.audit=syslog", "/extauthz/audit"),
    ("a level that does not exist", "extauthz.logLevel=verbose", "/extauthz/logLevel"),
    ("a transport that does not exist", "extauthz.transport=http3", "/extauthz/transport"),
    ("a duration without a unit", "operator.resync=30", "/operator/resync"),
    ("an issuer of another shape", "extauthz.tls.certManager.issuerRef.nmae=x", "/extauthz/tls/certManager/issuerRef"),
    ("an issuer's kind without a name", "extauthz.tls.certManager.issuerRef.kind=Issuer", "issuerRef"),
    ("a variable without a name", "operator.extraEnv[0].value=x", "/operator/extraEnv/0"),
    ("a number for a label", "commonLabels.team=1", "/commonLabels/team"),
    ("a budget in words", "extauthz.podDisruptionBudget.minAvailable=half", "minAvailable"),
    ("a port beyond the last", "networkPolicy.apiServer.ports={70000}", "/networkPolicy/apiServer/ports/0"),
    ("no port at all", "networkPolicy.issuers.ports=[]", "/networkPolicy/issuers/ports"),
    ("a field that no probe has", "extauthz.readinessProbe.httpGet.path=/x", "/extauthz/readinessProbe"),
    ("resources of another shape", "operator.resources.memory=1Gi", "/operator/resources"),
    ("a render mode that does not exist", "serviceMonitor.renderMode=maybe", "/serviceMonitor/renderMode"),
]

CANNOT_WORK = [
    (
        "TLS without a certificate",
        ["extauthz.tls.enabled=true"],
        "set extauthz.tls.existingSecret, or extauthz.tls.certManager.issuerRef",
    ),
    (
        "two certificates",
        ["extauthz.tls.enabled=true", "extauthz.tls.existingSecret=s", "extauthz.tls.certManager.issuerRef.name=i"],
        "keep the one",
    ),
    ("a certificate without TLS", ["extauthz.tls.existingSecret=s"], "set extauthz.tls.enabled=true"),
    ("client certificates without TLS", ["extauthz.tls.clientCASecret=s"], "set extauthz.tls.enabled=true"),
    ("no audit without saying so", ["extauthz.audit=none"], "set extauthz.allowUnaudited=true"),
    ("an audit file on the image's own disk", ["extauthz.audit=file:/audit.jsonl"], "mount a volume there"),
    (
        "an audit file beside the mount",
        [
            "extauthz.audit=file:/var/log2/a",
            "extauthz.extraVolumes[0].name=v",
            "extauthz.extraVolumeMounts[0].name=v",
            "extauthz.extraVolumeMounts[0].mountPath=/var/log",
        ],
        "mount a volume there",
    ),
    (
        "fewer at most than at least",
        ["extauthz.autoscaling.enabled=true", "extauthz.autoscaling.maxReplicas=1"],
        "the least must not exceed the greatest",
    ),
    (
        "a share of nothing",
        ["extauthz.autoscaling.enabled=true", "extauthz.resources.requests.cpu=null"],
        "extauthz.resources.requests.cpu is not set",
    ),
    (
        "two limits of one budget",
        ["extauthz.podDisruptionBudget.minAvailable=1", "extauthz.podDisruptionBudget.maxUnavailable=1"],
        "Kubernetes takes one",
    ),
    ("a budget that keeps all", ["extauthz.podDisruptionBudget.minAvailable=2"], "no node could be drained"),
    ("a budget that lets none go", ["extauthz.podDisruptionBudget.maxUnavailable=0"], "no node could be drained"),
    (
        "a budget of standbys that keeps all",
        ["operator.podDisruptionBudget.enabled=true", "operator.podDisruptionBudget.minAvailable=100%"],
        "no node could be drained",
    ),
    ("an account that nobody makes", ["operator.serviceAccount.create=false"], "name the account that exists"),
    (
        "one account for both",
        ["operator.serviceAccount.name=a", "extauthz.serviceAccount.name=a"],
        "must not have the operator's rights",
    ),
    (
        "a variable that has a value of its own",
        ["extauthz.extraEnv[0].name=ACCREDIT_LISTEN", "extauthz.extraEnv[0].value=x"],
        "extauthz.extraEnv sets ACCREDIT_LISTEN",
    ),
    (
        "monitors that must be and cannot",
        ["serviceMonitor.enabled=true", "serviceMonitor.renderMode=failIfMissing"],
        "install the Prometheus operator's CRDs",
    ),
]

WARNED = [
    ("plaintext", [], "Port 9001 is plaintext"),
    ("a single data plane", ["extauthz.replicas=1"], "extauthz.replicas is 1"),
    ("a single operator", ["operator.replicas=1"], "operator.replicas is 1"),
    ("no audit", ["extauthz.audit=none", "extauthz.allowUnaudited=true"], "answers may leave no record"),
    ("no network policy", [], "networkPolicy.enabled is false"),
    ("a network policy for everybody", ["networkPolicy.enabled=true"], "networkPolicy.gateways is empty"),
    ("hosts for whoever comes first", ["hostClaims=Any"], "hostClaims is Any"),
    ("kinds that go with the release", ["crds.keep=false"], "crds.keep is false"),
    ("roles of nobody", ["rbac.create=false"], "rbac.create is false"),
    ("monitors that were left out", ["serviceMonitor.enabled=true"], "ServiceMonitors were not installed"),
    ("rules that were left out", ["prometheusRule.enabled=true"], "The PrometheusRule was not installed"),
]


def setting(pairs):
    return [word for pair in pairs for word in ("--set", pair)]


@pytest.mark.parametrize(("pair", "path"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_wrong_value_is_refused_with_its_path(pair, path):
    with pytest.raises(HelmRefused, match="specifications of the schema") as refused:
        render("--set", pair)
    assert path in str(refused.value)


@pytest.mark.parametrize(("pairs", "words"), [row[1:] for row in CANNOT_WORK], ids=[row[0] for row in CANNOT_WORK])
def test_values_that_cannot_work_together_are_refused_with_a_sentence(pairs, words):
    with pytest.raises(HelmRefused) as refused:
        render(*setting(pairs))
    assert words in str(refused.value)


def notes(*arguments):
    dry = ("install", "accredit", str(CHART), "-n", "accredit-system", "--dry-run=client")
    said = run(*dry, *arguments, KUBECONFIG="/nowhere")
    return said.partition("NOTES:\n")[2]


@pytest.mark.parametrize(("pairs", "words"), [row[1:] for row in WARNED], ids=[row[0] for row in WARNED])
def test_what_is_weak_is_said_after_an_installation(pairs, words):
    assert words in notes(*setting(pairs))


def test_nothing_is_called_weak_that_is_not():
    said = notes("--values", str(CHART / "ci" / "everything-on-values.yaml"))
    warnings = re.findall(r"^\* (.*)$", said.partition("Worth a second look:")[2], re.MULTILINE)
    assert len(warnings) == 1
    assert warnings[0].startswith("Whoever writes ConfigMaps")


def test_the_snippet_for_a_mesh_has_the_names_of_this_release():
    said = notes("--set", "fullnameOverride=gate,clusterDomain=k8s.example,extauthz.maxBody=1048576")
    snippet = said.partition("   extensionProviders:")[2].partition("\n\n")[0]
    (provider,) = yaml.safe_load("extensionProviders:" + snippet.replace("\n   ", "\n"))["extensionProviders"]
    asked = provider["envoyExtAuthzGrpc"]
    assert (asked["service"], asked["port"]) == ("gate-extauthz.accredit-system.svc.k8s.example", 9001)
    assert asked["includeRequestBodyInCheck"]["maxRequestBytes"] == 1048576
    assert (asked["failOpen"], asked["statusOnError"]) == (False, "503")


def test_no_map_of_ours_takes_a_name_that_is_not_documented():
    schema = json.loads((CHART / "values.schema.json").read_text())
    assert all(each["additionalProperties"] is False for each in objects_of(schema))


def objects_of(schema):
    """Return the schema of every map that has values of ours in it."""
    yield schema
    for each in schema["properties"].values():
        if "properties" in each:
            yield from objects_of(each)
