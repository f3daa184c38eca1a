"""What every implementation of the Cluster port does: run on the fake in memory and on a real API server alike.

A law takes the cluster, and `apply`, which writes as a user does. Objects stand in `accredit-system` or have no
namespace; each law starts with none.
"""

import pytest

from accredit_operator.ports import (
    CONFIG_MAPS,
    DECLARED,
    EVENTS,
    LEASES,
    NAMESPACES,
    AlreadyExists,
    Conflict,
    NotFound,
)
from accredit_operator.world import Kind

HOME = "accredit-system"
ISSUERS, REVOCATIONS = DECLARED[Kind.TRUSTED_ISSUER], DECLARED[Kind.REVOCATION]


def config_map(name, content="1", **labels):
    metadata = {"namespace": HOME, "name": name, "labels": labels}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"content": content}}


def revocation(name="lost-laptop"):
    return {
        "apiVersion": "accredit.dev/v1alpha1",
        "kind": "Revocation",
        "metadata": {"namespace": HOME, "name": name},
        "spec": {"issuerRef": {"name": "corp-idp"}, "user": "auth0|8f3a"},
    }


def at_version(stored, **members):
    document = dict(stored.document) | members
    return {**document, "metadata": {**document["metadata"], "resourceVersion": stored.resource_version}}


def ready(status):
    condition = {"type": "Ready", "status": status, "reason": "Ready", "message": "it is", "observedGeneration": 1}
    return {"conditions": [{**condition, "lastTransitionTime": "2026-11-24T10:00:00Z"}]}


def a_created_object_is_read_back_with_its_version(cluster, apply):
    made = cluster.create(CONFIG_MAPS, config_map("accredit-head", "hello"))
    read = cluster.read(CONFIG_MAPS, HOME, "accredit-head")
    assert read == made
    assert (read.namespace, read.name, read.document["data"]) == (HOME, "accredit-head", {"content": "hello"})
    assert read.uid
    assert read.resource_version


def a_name_is_created_once(cluster, apply):
    cluster.create(CONFIG_MAPS, config_map("accredit-head"))
    with pytest.raises(AlreadyExists):
        cluster.create(CONFIG_MAPS, config_map("accredit-head", "2"))
    assert cluster.read(CONFIG_MAPS, HOME, "accredit-head").document["data"] == {"content": "1"}


def a_replacement_of_the_held_version_lands_and_of_an_older_one_does_not(cluster, apply):
    first = cluster.create(CONFIG_MAPS, config_map("accredit-head", "1"))
    second = cluster.replace(CONFIG_MAPS, at_version(first, data={"content": "2"}))
    assert second.resource_version != first.resource_version
    with pytest.raises(Conflict):
        cluster.replace(CONFIG_MAPS, at_version(first, data={"content": "3"}))
    assert cluster.read(CONFIG_MAPS, HOME, "accredit-head").document["data"] == {"content": "2"}


def a_replacement_that_changes_nothing_leaves_the_version_as_it_is(cluster, apply):
    first = cluster.create(CONFIG_MAPS, config_map("accredit-head"))
    assert cluster.replace(CONFIG_MAPS, at_version(first)).resource_version == first.resource_version


def a_replacement_names_the_version_that_it_replaces(cluster, apply):
    cluster.create(CONFIG_MAPS, config_map("accredit-head"))
    with pytest.raises(ValueError, match="resourceVersion"):
        cluster.replace(CONFIG_MAPS, config_map("accredit-head", "2"))


def what_is_not_there_is_not_found(cluster, apply):
    with pytest.raises(NotFound):
        cluster.read(CONFIG_MAPS, HOME, "accredit-beat")
    with pytest.raises(NotFound):
        cluster.delete(CONFIG_MAPS, HOME, "accredit-beat", uid="1")
    with pytest.raises(NotFound):
        cluster.patch_status(REVOCATIONS, HOME, "none", resource_version="1", status=ready("True"))


def only_the_object_with_the_named_uid_is_deleted(cluster, apply):
    old = cluster.create(CONFIG_MAPS, config_map("accredit-shard-00-1"))
    cluster.delete(CONFIG_MAPS, HOME, old.name, uid=old.uid)
    new = cluster.create(CONFIG_MAPS, config_map("accredit-shard-00-1"))
    with pytest.raises(Conflict):
        cluster.delete(CONFIG_MAPS, HOME, old.name, uid=old.uid)
    assert cluster.read(CONFIG_MAPS, HOME, old.name).uid == new.uid


def a_revocation_that_was_changed_is_not_deleted_at_its_old_version(cluster, apply):
    old = apply(REVOCATIONS, revocation())
    longer = revocation() | {"spec": revocation()["spec"] | {"reason": "still lost"}}
    new = apply(REVOCATIONS, longer)
    with pytest.raises(Conflict):
        cluster.delete(REVOCATIONS, HOME, old.name, uid=old.uid, resource_version=old.resource_version)
    cluster.delete(REVOCATIONS, HOME, new.name, uid=new.uid, resource_version=new.resource_version)
    assert cluster.list_all(REVOCATIONS).items == ()


def a_list_holds_what_its_namespace_and_label_select(cluster, apply):
    cluster.create(CONFIG_MAPS, config_map("accredit-head", **{"accredit.dev/part": "head"}))
    cluster.create(CONFIG_MAPS, config_map("accredit-shard-00-1", **{"accredit.dev/part": "shard"}))
    cluster.create(CONFIG_MAPS, config_map("another"))

    def names(**selection):
        return [item.name for item in cluster.list_all(CONFIG_MAPS, **selection).items]

    assert names(namespace=HOME, label="accredit.dev/part") == ["accredit-head", "accredit-shard-00-1"]
    assert names(namespace=HOME, label="accredit.dev/part=shard") == ["accredit-shard-00-1"]
    assert set(names(namespace=HOME)) >= {"another", "accredit-head"}
    assert names(namespace=HOME, label="accredit.dev/part=beat") == []


def the_version_of_a_list_is_not_before_its_items(cluster, apply):
    made = apply(REVOCATIONS, revocation())
    listing = cluster.list_all(REVOCATIONS)
    assert int(listing.resource_version) >= int(made.resource_version)
    assert listing.items == (made,)


def items_of_a_list_say_what_they_are(cluster, apply):
    cluster.create(CONFIG_MAPS, config_map("accredit-head"))
    (item,) = [one for one in cluster.list_all(CONFIG_MAPS, namespace=HOME).items if one.name == "accredit-head"]
    assert (item.document["apiVersion"], item.document["kind"]) == ("v1", "ConfigMap")


def a_status_is_merged_and_the_spec_is_not_touched(cluster, apply):
    made = apply(REVOCATIONS, revocation())
    patched = cluster.patch_status(
        REVOCATIONS, HOME, made.name, resource_version=made.resource_version, status=ready("True")
    )
    assert patched.resource_version != made.resource_version
    assert patched.document["spec"] == made.document["spec"]
    assert patched.document["metadata"]["generation"] == made.document["metadata"]["generation"]
    again = cluster.patch_status(
        REVOCATIONS, HOME, made.name, resource_version=patched.resource_version, status={"observedGeneration": 1}
    )
    assert again.document["status"] == {**ready("True"), "observedGeneration": 1}


def a_status_of_an_older_version_is_refused(cluster, apply):
    made = apply(REVOCATIONS, revocation())
    apply(REVOCATIONS, revocation() | {"spec": {"issuerRef": {"name": "corp-idp"}, "user": "auth0|another"}})
    with pytest.raises(Conflict):
        cluster.patch_status(REVOCATIONS, HOME, made.name, resource_version=made.resource_version, status=ready("True"))
    assert "status" not in cluster.read(REVOCATIONS, HOME, made.name).document


def what_can_be_listed_can_be_probed(cluster, apply):
    for collection in (ISSUERS, REVOCATIONS, NAMESPACES):
        cluster.probe(collection)
    cluster.probe(LEASES, namespace=HOME)


def events_of_one_object_do_not_collide(cluster, apply):
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": "lost-laptop.", "namespace": HOME},
        "involvedObject": {"apiVersion": "accredit.dev/v1alpha1", "kind": "Revocation", "namespace": HOME},
        "reason": "Ready",
        "message": "it is",
        "type": "Normal",
    }
    first, second = cluster.create(EVENTS, event), cluster.create(EVENTS, event)
    assert first.name != second.name
    assert first.name.startswith("lost-laptop.")


LAWS = [
    a_created_object_is_read_back_with_its_version,
    a_name_is_created_once,
    a_replacement_of_the_held_version_lands_and_of_an_older_one_does_not,
    a_replacement_that_changes_nothing_leaves_the_version_as_it_is,
    a_replacement_names_the_version_that_it_replaces,
    what_is_not_there_is_not_found,
    only_the_object_with_the_named_uid_is_deleted,
    a_revocation_that_was_changed_is_not_deleted_at_its_old_version,
    a_list_holds_what_its_namespace_and_label_select,
    the_version_of_a_list_is_not_before_its_items,
    items_of_a_list_say_what_they_are,
    a_status_is_merged_and_the_spec_is_not_touched,
    a_status_of_an_older_version_is_refused,
    what_can_be_listed_can_be_probed,
    events_of_one_object_do_not_collide,
]
