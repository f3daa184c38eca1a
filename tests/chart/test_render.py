"""What the chart renders, for every supported shape of values."""

import json
import resource
import subprocess
import sys
import time
import tomllib

import pytest
import yaml

from accredit_extauthz.contract.publication import ANCHOR_NAME
from chart.helm import CHART, CI_VALUES, ROOT, one, render, run

SELECTOR = {"app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component"}
LABELS = SELECTOR | {
    "helm.sh/chart",
    "app.kubernetes.io/part-of",
    "app.kubernetes.io/version",
    "app.kubernetes.io/managed-by",
}
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


@pytest.fixture(params=CI_VALUES, ids=lambda path: path.stem)
def objects(request):
    return render("--values", request.param)


def pods(objects):
    for each in objects:
        if each["kind"] == "Deployment":
            yield each["spec"]["template"]["metadata"], each["spec"]["template"]["spec"]
        if each["kind"] == "Pod":
            yield each["metadata"], each["spec"]


def named(objects):
    return {(each["kind"], each["metadata"].get("namespace"), each["metadata"]["name"]) for each in objects}


def ours(objects):
    return [each for each in objects if "app.kubernetes.io/part-of" in each["metadata"].get("labels", {})]


def test_what_is_generated_is_current():
    subprocess.run([sys.executable, ROOT / "scripts" / "gen_chart.py", "--check"], check=True)


def test_chart_and_application_have_the_version_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert (chart["version"], chart["appVersion"]) == (project["version"], project["version"])


def test_rendering_takes_less_than_a_second(capsys):
    """Of CPU: what else the machine does is not the chart's."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    run("template", "accredit", str(CHART))
    after, took_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - began
    with capsys.disabled():
        print(f"\nhelm template: {took_s:.2f} s")  # noqa: T201 -- a figure
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1


def test_helm_finds_no_fault():
    assert "0 chart(s) failed" in run("lint", "--strict", str(CHART))


def test_no_two_objects_are_one(objects):
    assert len(named(objects)) == len(objects)


def test_every_object_has_the_recommended_labels(objects):
    rest = [each for each in objects if not each["metadata"].get("labels", {}).keys() >= LABELS]
    assert {each["metadata"]["name"] for each in rest} <= {"as-a-map", "accredit-as-text"}
    assert len(objects) - len(rest) > 15


def test_selectors_never_hold_what_an_upgrade_changes(objects):
    for each in objects:
        selector = each["spec"].get("selector") if each["kind"] in ("Deployment", "Service") else None
        if selector:
            chosen = selector.get("matchLabels", selector)
            assert chosen.keys() == SELECTOR
            wanted = (
                each["kind"] != "Deployment" or chosen.items() <= each["spec"]["template"]["metadata"]["labels"].items()
            )
            assert wanted


def test_services_budgets_and_policies_select_exactly_one_deployment(objects):
    deployments = [each for each in objects if each["kind"] == "Deployment"]
    for each in objects:
        if each["kind"] not in ("Service", "PodDisruptionBudget", "NetworkPolicy"):
            continue
        spec = each["spec"]
        chosen = spec.get("podSelector", spec.get("selector"))
        chosen = chosen.get("matchLabels", chosen)
        hit = [one for one in deployments if chosen.items() <= one["spec"]["template"]["metadata"]["labels"].items()]
        assert [one["metadata"]["name"] for one in hit] == [each["metadata"]["name"]]


def test_every_pod_is_restricted(objects):
    seen = 0
    for _, spec in pods(objects):
        context = spec["securityContext"]
        assert (context["runAsNonRoot"], context["runAsUser"], "fsGroup" in context) == (True, 65532, False)
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in spec["containers"]:
            assert container["securityContext"] == RESTRICTED
            assert container["resources"]["limits"]["memory"]
            assert "cpu" not in container["resources"]["limits"]
            seen += 1
    assert seen == 3


def test_probes_speak_http_to_a_port_that_is_named(objects):
    for each in objects:
        if each["kind"] == "Deployment":
            (container,) = each["spec"]["template"]["spec"]["containers"]
            ports = {port["name"] for port in container["ports"]}
            paths = {
                probe: container[probe]["httpGet"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")
            }
            assert {of["port"] for of in paths.values()} <= ports
            assert [of["path"] for of in paths.values()] == ["/healthz", "/healthz", "/readyz"]


def test_nothing_but_crds_and_what_programs_may_do_is_outside_a_namespace(objects):
    free = {kind for kind, namespace, _ in named(ours(objects)) if namespace is None}
    pinning = {"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}
    assert free == {"CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding"} | pinning


def test_crds_are_those_beside_the_chart_and_stay(objects):
    definitions = {each["metadata"]["name"]: each for each in objects if each["kind"] == "CustomResourceDefinition"}
    sources = [yaml.safe_load(path.read_text()) for path in (ROOT / "crds").glob("*.yaml")]
    assert definitions.keys() == {each["metadata"]["name"] for each in sources}
    for source in sources:
        rendered = definitions[source["metadata"]["name"]]
        assert rendered["spec"] == source["spec"]
        assert rendered["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


def test_crds_can_be_left_to_others_and_need_not_stay():
    assert not [each for each in render("--set", "crds.enabled=false") if each["kind"] == "CustomResourceDefinition"]
    kept = [each["metadata"] for each in render("--set", "crds.keep=false") if each["kind"].startswith("Custom")]
    assert not any("annotations" in metadata for metadata in kept)


def test_the_service_says_what_is_spoken_on_9001():
    service = one(render(), "Service", "accredit-extauthz")
    assert [(port["name"], port["port"], port["appProtocol"]) for port in service["spec"]["ports"]] == [
        ("grpc", 9001, "kubernetes.io/h2c"),
        ("http", 8080, "http"),
    ]
    encrypted = render("--set", "extauthz.tls.enabled=true,extauthz.tls.existingSecret=s")
    assert one(encrypted, "Service", "accredit-extauthz")["spec"]["ports"][0]["appProtocol"] == "https"


def test_data_planes_spread_softly_over_zones_and_hosts():
    spec = one(render(), "Deployment", "accredit-extauthz")["spec"]["template"]["spec"]
    spread = [(each["topologyKey"], each["whenUnsatisfiable"]) for each in spec["topologySpreadConstraints"]]
    assert spread == [
        ("topology.kubernetes.io/zone", "ScheduleAnyway"),
        ("kubernetes.io/hostname", "ScheduleAnyway"),
    ]
    assert all(each["labelSelector"]["matchLabels"].keys() == SELECTOR for each in spec["topologySpreadConstraints"])


def test_a_constraint_with_a_selector_of_its_own_keeps_it():
    spec = one(render("--values", CHART / "ci" / "everything-on-values.yaml"), "Deployment", "accredit-extauthz")
    (constraint,) = spec["spec"]["template"]["spec"]["topologySpreadConstraints"]
    assert constraint["labelSelector"] == {"matchLabels": {"tier": "data"}}


def test_autoscaling_owns_the_number_of_replicas():
    scaled = render("--set", "extauthz.autoscaling.enabled=true")
    assert "replicas" not in one(scaled, "Deployment", "accredit-extauthz")["spec"]
    assert one(scaled, "HorizontalPodAutoscaler", "accredit-extauthz")["spec"]["maxReplicas"] == 10


def test_a_digest_wins_over_a_tag():
    digest = "sha256:" + "a" * 64
    rendered = render("--set", f"image.tag=1.2,operator.image.digest={digest}")
    images = {
        each["metadata"]["name"]: each["spec"]["template"]["spec"]["containers"][0]["image"]
        for each in rendered
        if each["kind"] == "Deployment"
    }
    assert images == {
        "accredit-operator": f"accredit-dev/accredit-operator@{digest}",
        "accredit-extauthz": "accredit-dev/accredit-extauthz:1.2",
    }


@pytest.mark.parametrize(
    ("arguments", "prefix"),
    [
        pytest.param({"release": "accredit"}, "accredit", id="a release that has the chart's name"),
        pytest.param({"release": "prod"}, "prod-accredit", id="a release of another name"),
        pytest.param({"release": "x" * 53}, "x" * 44, id="the longest release"),
    ],
)
def test_names_begin_with_the_release_and_fit(arguments, prefix):
    names = {each["metadata"]["name"] for each in render(**arguments)}
    assert f"{prefix}-extauthz" in names
    assert max(map(len, names)) <= 63


def test_the_anchor_has_the_name_that_the_programs_know():
    assert one(render(release="other"), "ConfigMap", ANCHOR_NAME)["metadata"]["namespace"] == "accredit-system"


def test_everything_can_be_put_elsewhere():
    elsewhere = {each["metadata"].get("namespace") for each in render("--set", "namespaceOverride=mesh")}
    assert elsewhere == {"mesh", None}


def test_monitors_are_left_out_where_prometheus_has_no_operator():
    switches = ("--set", "serviceMonitor.enabled=true,prometheusRule.enabled=true")
    kinds = {each["kind"] for each in render(*switches)}
    assert not {"ServiceMonitor", "PrometheusRule"} & kinds
    kinds = {each["kind"] for each in render(*switches, "--api-versions", "monitoring.coreos.com/v1")}
    assert {"ServiceMonitor", "PrometheusRule"} <= kinds


def test_alerts_can_be_left_out_added_and_pointed_at_other_runbooks():
    rule = one(render("--values", CHART / "ci" / "everything-on-values.yaml"), "PrometheusRule", "accredit")
    alerts = {each["alert"]: each for group in rule["spec"]["groups"] for each in group["rules"]}
    assert "AccreditObjectNotReady" not in alerts
    assert "AuditQuiet" in alerts
    assert alerts["AccreditDenySpike"]["annotations"]["runbook_url"] == "https://runbooks.example/deny-spike"
    assert "{{ $labels.reason }}" in alerts["AccreditDenySpike"]["annotations"]["summary"]


def test_the_dashboard_is_the_file():
    config_map = one(render("--set", "grafanaDashboard.enabled=true"), "ConfigMap", "accredit-dashboard")
    assert config_map["metadata"]["labels"]["grafana_dashboard"] == "1"
    file = json.loads((CHART / "files" / "dashboards" / "accredit.json").read_text())
    assert json.loads(config_map["data"]["accredit.json"]) == file


def test_extra_objects_may_be_maps_or_templates():
    names = {each["metadata"]["name"] for each in render("--values", CHART / "ci" / "everything-on-values.yaml")}
    assert {"as-a-map", "accredit-as-text"} <= names


def test_a_parent_chart_may_pass_its_own_values():
    assert render("--set", "global.registry=x,enabled=true")
