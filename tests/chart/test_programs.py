"""What the chart tells the programs and lets them do, against the programs themselves and the roles that are tested."""

import json
import re

import pytest
import yaml

from accredit_extauthz import settings as extauthz
from accredit_operator import settings as operator
from chart.helm import CI_VALUES, NAMESPACE, ROOT, one, render

RBAC = ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")


def container(objects, component):
    deployment = next(
        each
        for each in objects
        if each["kind"] == "Deployment" and each["metadata"]["labels"]["app.kubernetes.io/component"] == component
    )
    return deployment["spec"]["template"]["spec"]["containers"][0]


def told(objects, component):
    """Return arguments and environment, as the kubelet would pass them."""
    of = container(objects, component)
    environment = {each["name"]: each.get("value", "from-the-pod") for each in of["env"]}
    return of.get("args", []), environment


@pytest.mark.parametrize("values", CI_VALUES, ids=lambda path: path.stem)
class TestSettings:
    def test_the_operator_takes_its_settings(self, values):
        settings = operator.read_settings(*told(render("--values", values), "operator"))
        assert isinstance(settings, operator.ClusterSettings)
        assert settings.namespace == NAMESPACE

    def test_the_data_plane_takes_its_settings(self, values):
        settings = extauthz.parse(*told(render("--values", values), "extauthz"))
        assert (settings.namespace, settings.pod_name) == (NAMESPACE, "from-the-pod")

    def test_ports_are_those_that_the_programs_listen_on(self, values):
        objects = render("--values", values)
        ports = {
            component: {port["name"]: port["containerPort"] for port in container(objects, component)["ports"]}
            for component in ("operator", "extauthz")
        }
        settings = extauthz.parse(*told(objects, "extauthz"))
        assert ports["extauthz"] == {"grpc": settings.listen.port, "http": settings.http.port}
        assert ports["operator"] == {"http": operator.read_settings(*told(objects, "operator")).http.port}

    def test_no_variable_is_unknown_to_its_program(self, values):
        known = {
            "extauthz": {option.variable for option in extauthz.OPTIONS},
            "operator": {f"ACCREDIT_{action.dest.upper()}" for action in operator._parser()._actions},
        }
        for component, variables in known.items():
            _, environment = told(render("--values", values), component)
            assert {name for name in environment if name.startswith("ACCREDIT_")} <= variables


def test_watched_namespaces_are_those_that_the_operator_watches():
    objects = render("--set", "watchNamespaces={research,tools}")
    watched = operator.read_settings(*told(objects, "operator")).watched
    roles = [each for each in objects if each["metadata"]["name"] == "accredit-operator-watched"]
    assert watched == ("research", "tools", NAMESPACE)
    for kind in ("Role", "RoleBinding"):
        assert sorted(each["metadata"]["namespace"] for each in roles if each["kind"] == kind) == sorted(watched)


def test_every_setting_of_the_data_plane_has_a_value_or_no_place_in_a_pod():
    text = "".join(path.read_text() for path in (ROOT / "charts" / "accredit" / "templates").glob("_*.tpl"))
    absent = {option.variable for option in extauthz.OPTIONS} - set(re.findall(r"ACCREDIT_[A-Z_]+", text))
    assert absent == {"ACCREDIT_SNAPSHOT"}


def essence(document):
    """Return an object without labels and annotations."""
    metadata = {key: value for key, value in document["metadata"].items() if key in ("name", "namespace")}
    return {**document, "metadata": metadata}


def roles(documents):
    return {
        (each["kind"], each["metadata"]["name"]): essence(each)
        for each in documents
        if each["kind"] in RBAC and each["metadata"]["name"] in ("accredit-operator", "accredit-extauthz")
    }


def test_roles_and_bindings_are_those_that_are_tested():
    tested = list(yaml.safe_load_all((ROOT / "examples" / "kubernetes" / "rbac.yaml").read_text()))
    assert roles(render()) == roles(tested)
    assert len(roles(tested)) == 6


def test_leases_are_pinned_as_is_tested_unless_that_is_switched_off():
    tested = list(yaml.safe_load_all((ROOT / "examples" / "kubernetes" / "leases.yaml").read_text()))
    kinds = [each["kind"] for each in tested]
    assert [essence(each) for each in render() if each["kind"] in kinds] == tested
    assert not [each for each in render("--set", "rbac.pinLeases=false") if each["kind"] in kinds]
    renamed = render("--set", "operator.serviceAccount.name=control,namespaceOverride=elsewhere")
    (policy,) = (each for each in renamed if each["kind"] == kinds[0])
    assert "'system:serviceaccount:elsewhere:control'" in policy["spec"]["matchConditions"][0]["expression"]


def rights(role):
    """Return every (group, resource, name, verb) of a role."""
    return {
        (group, resource, name, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for name in rule.get("resourceNames", [""])
        for verb in rule["verbs"]
    }


def test_with_watched_namespaces_the_same_rights_are_split_and_none_is_gained():
    everywhere = rights(one(render(), "ClusterRole", "accredit-operator"))
    objects = render("--set", "watchNamespaces={research}")
    left = rights(one(objects, "ClusterRole", "accredit-operator"))
    (watched,) = {
        json.dumps(sorted(rights(each)))
        for each in objects
        if each["kind"] == "Role" and each["metadata"]["name"] == "accredit-operator-watched"
    }
    moved = {tuple(right) for right in json.loads(watched)}
    assert left | moved == everywhere
    assert not left & moved
    assert {resource.partition("/")[0] for _, resource, _, _ in left} == {
        "trustedissuers",
        "namespaces",
        "customresourcedefinitions",
    }


def test_events_about_issuers_can_be_written_where_kubectl_looks():
    objects = render("--set", "watchNamespaces={research}")
    role = one(objects, "Role", "accredit-operator-events")
    assert (role["metadata"]["namespace"], rights(role)) == ("default", {("", "events", "", "create")})
    with_default = render("--set", "watchNamespaces={default}")
    assert "accredit-operator-events" not in {each["metadata"]["name"] for each in with_default}


def test_nobody_may_read_a_secret_or_write_a_role():
    for each in render("--set", "watchNamespaces={research}") + render():
        if each["kind"] in ("Role", "ClusterRole"):
            touched = {(group, resource.partition("/")[0]) for group, resource, _, _ in rights(each)}
            assert not {("", "secrets"), ("", "pods")} & touched
            assert not {group for group, _ in touched} & {"*", "rbac.authorization.k8s.io"}
            assert "*" not in {verb for *_, verb in rights(each)}


def test_what_users_may_do_grows_from_view_to_admin_and_leaves_issuers_alone():
    objects = render()
    view, edit, admin = (rights(one(objects, "ClusterRole", f"accredit-{name}")) for name in ("view", "edit", "admin"))
    assert {verb for *_, verb in view} == {"get", "list", "watch"}
    assert edit <= admin
    assert ("accredit.dev", "revocations", "", "create") in edit
    assert ("accredit.dev", "revocations", "", "delete") in admin - edit
    assert "trustedissuers" not in {resource for _, resource, _, _ in edit | admin}
    for name, into in {"view": {"view", "edit", "admin"}, "edit": {"edit", "admin"}, "admin": {"admin"}}.items():
        labels = one(objects, "ClusterRole", f"accredit-{name}")["metadata"]["labels"]
        assert {label.rpartition("-to-")[2] for label in labels if "aggregate-to-" in label} == into


def test_without_rbac_there_is_no_role():
    assert not [each for each in render("--set", "rbac.create=false") if each["kind"] in RBAC]
